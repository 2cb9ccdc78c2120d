"""An answer as Django knows answers, for APIs that a Django view wraps and for its test client."""

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from synnefo.serve.http.answer import Answer


def as_response(answer: Answer) -> HttpResponseBase:
    """Make Django's response of an answer."""
    response: HttpResponseBase
    if answer.body is None or isinstance(answer.body, bytes):
        response = HttpResponse(answer.body or b"", status=answer.status)
    else:
        response = StreamingHttpResponse(answer.body, status=answer.status)
    response.headers.pop("Content-Type", None)
    for name, value in answer.headers.items():
        response.headers[name] = value
    for cookie in answer.cookies:
        response.cookies.load(cookie.line)
    return response
