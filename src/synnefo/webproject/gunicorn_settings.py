"""How gunicorn serves the web project, on one machine and on many. Spec: operations 14.2.

Used as `gunicorn -c python:synnefo.webproject.gunicorn_settings synnefo.webproject.wsgi`. The
environment changes what hosts differ in: WEB_BIND, WEB_WORKERS, WEB_THREADS.
"""

import os

bind = os.environ.get("WEB_BIND", "127.0.0.1:8080")
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "16"))
worker_class = "synnefo.webproject.front.worker.FrontWorker"
preload_app = True
control_socket_disable = True
timeout = 0  # an upload takes as long as it takes
graceful_timeout = 5
keepalive = 30
limit_request_field_size = 16380
limit_request_line = 8190
loglevel = "warning"
