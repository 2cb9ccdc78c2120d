"""Every sentence that an operator may replace, by its key. Spec: identity 13, 18.9.

The setting `ASTAKOS_<KEY>_MESSAGE` replaces one. `%(name)s` stands for a value. Decisions refuse
in these words; whoever passes a refusal on knows it by them and may say it otherwise.
"""

import re
from functools import cache

DEFAULTS: dict[str, str] = {
    "ACCOUNT_ACTIVATED": "Your account is active now.",
    "ACCOUNT_ALREADY_ACTIVE": "The account is active already.",
    "ACCOUNT_ALREADY_MODERATED": "The account was accepted or rejected already.",
    "ACCOUNT_ALREADY_VERIFIED": "This e-mail address is confirmed already. Sign in.",
    "ACCOUNT_DEACTIVATED": "This account was deactivated. Write to %(support)s.",
    "ACCOUNT_NOT_ACTIVE": "This account is not active.",
    "ACCOUNT_NOT_MODERATED": "Somebody still has to let you in; you will get a mail.",
    "ACCOUNT_NOT_VERIFIED": "Confirm your e-mail address first, by the link in our mail.",
    "ACCOUNT_PENDING_ACTIVATION_HELP": "Look into your mail for the link that confirms it.",
    "ACCOUNT_PENDING_MODERATION": "Somebody still has to let you in; you will get a mail.",
    "ACCOUNT_REJECTED": "Your account was not accepted. Write to %(support)s.",
    "ACCOUNT_RESEND_ACTIVATION": "Send the mail again.",
    "ACCOUNT_UNKNOWN": "There is no such account.",
    "ACTIVATION_SENT": "If an account waits for this address, a new mail is on its way.",
    "ACTIVE_USER_SET_EMAIL": "The address of an active user cannot be set here.",
    "APPLICATION_CANNOT_APPROVE": "The application is %(state)s, so it cannot be approved.",
    "APPLICATION_CANNOT_CANCEL": "The application is %(state)s, so it cannot be cancelled.",
    "APPLICATION_CANNOT_DENY": "The application is %(state)s, so it cannot be denied.",
    "APPLICATION_CANNOT_DISMISS": "The application is %(state)s, so it cannot be dismissed.",
    "AUTH_PROVIDER_ACCOUNT_INACTIVE": "This account is not active.",
    "AUTH_PROVIDER_ADD_DISABLED": "%(provider)s cannot be added to your account.",
    "AUTH_PROVIDER_ADD_EXISTS": "This %(provider)s account belongs to somebody already.",
    "AUTH_PROVIDER_ADD_FAILED": "%(provider)s could not be added to your account.",
    "AUTH_PROVIDER_ADD_TO_EXISTING_ACCOUNT": "Sign in and add %(provider)s on your profile.",
    "AUTH_PROVIDER_ADDED": "You can sign in with %(provider)s from now on.",
    "AUTH_PROVIDER_AUTHENTICATION_FAILED": "Signing in with %(provider)s failed.",
    "AUTH_PROVIDER_CANNOT_CHANGE_PASSWORD": "Your password is kept by %(provider)s.",
    "AUTH_PROVIDER_INVALID_LOGIN": "%(provider)s knows you, but no account here does.",
    "AUTH_PROVIDER_LOGIN_DISABLED": "Signing in with %(provider)s is switched off for you.",
    "AUTH_PROVIDER_LOGIN_SUCCESS": "Signed in with %(provider)s.",
    "AUTH_PROVIDER_LOGIN_TO_ADD": "%(provider)s will be added once you have signed in.",
    "AUTH_PROVIDER_LOGOUT_SUCCESS": "You have signed out.",
    "AUTH_PROVIDER_LOGOUT_SUCCESS_EXTRA": "Sign out of %(provider)s too, on its own pages.",
    "AUTH_PROVIDER_NOT_ACTIVE": "%(provider)s is not available.",
    "AUTH_PROVIDER_NOT_ACTIVE_FOR_ADD": "%(provider)s cannot be added to accounts.",
    "AUTH_PROVIDER_NOT_ACTIVE_FOR_CREATE": "Nobody can sign up with %(provider)s.",
    "AUTH_PROVIDER_NOT_ACTIVE_FOR_USER": "%(provider)s is not available to you.",
    "AUTH_PROVIDER_PENDING_ACTIVATION": "Confirm your e-mail address by the link in our mail.",
    "AUTH_PROVIDER_PENDING_MODERATION": "Somebody still has to let you in.",
    "AUTH_PROVIDER_PENDING_REGISTRATION": "You began to sign up with %(provider)s.",
    "AUTH_PROVIDER_PENDING_RESEND": "Send the mail again.",
    "AUTH_PROVIDER_REMOVED": "%(provider)s was removed from your account.",
    "AUTH_PROVIDER_REQUIRED": "Add %(provider)s to your account to go on.",
    "AUTH_PROVIDER_SWITCHED": "You sign in with another %(provider)s account from now on.",
    "AUTH_PROVIDER_UNUSABLE_PASSWORD": "Your account has no password.",
    "BASE_NO_MODIFY_FIELDS": "A system project's %(fields)s cannot be changed.",
    "BASE_NO_TERMINATE": "A system project cannot be %(done)s; suspend it instead.",
    "CAPTCHA_VALIDATION_ERR": "The puzzle against robots was not solved. Try again.",
    "EMAIL_CHANGED": "Your e-mail address was changed.",
    "EMAIL_CHANGE_EXPIRED": "This link is no longer good. Ask for the change again.",
    "EMAIL_CHANGE_REGISTERED": "Follow the link that we sent to the new address.",
    "EMAIL_RESERVED": "This e-mail address is reserved.",
    "EMAIL_USED": "There is an account with this e-mail address already.",
    "FEEDBACK_SENT": "Thank you. Your message was sent.",
    "GENERIC_ERROR": "Something went wrong on our side. Try again later.",
    "INVALID_ACTIVATION_KEY": "This link is not good, or no longer. Ask for a new one.",
    "INVITATION_CONSUMED_ERR": "This invitation was used already.",
    "INVITATION_EMAIL_EXISTS": "Somebody with this address was invited already, or is here.",
    "INVITATION_SENT": "The invitation was sent to %(email)s.",
    "LOCAL_PROVIDER_ACTIVE": "The account has a password already.",
    "LOGGED_IN_WARNING": "You are signed in already.",
    "MAX_INVITATION_NUMBER_REACHED": "You have no invitations left.",
    "MEMBERSHIP_ACCEPTED": "Cannot %(action)s: the person is a member already.",
    "MEMBERSHIP_ASSOCIATED": "Cannot %(action)s once more: the person is %(state)s.",
    "MEMBER_JOIN_POLICY_CLOSED": "Nobody can join this project: it is closed.",
    "MEMBER_LEAVE_POLICY_CLOSED": "Nobody can leave this project: its owner closed it.",
    "MEMBER_NUMBER_LIMIT_REACHED": "The project has its limit of %(limit)s members.",
    "NOTIFICATION_SENT": "Thank you. Somebody will look at your request and send you a mail.",
    "NOT_ACCEPTED_MEMBERSHIP": "Cannot %(action)s: the person is %(state)s.",
    "NOT_ALIVE_PROJECT": "The project is %(state)s, not in use.",
    "NOT_ALLOWED": "You may not do this.",
    "NOT_ALLOWED_NEXT_PARAM": "The address to go to next is not one of ours.",
    "NOT_INITIALIZED_PROJECT": "The project was never approved, so it cannot be %(done)s.",
    "NOT_MEMBERSHIP_REQUEST": "Cannot %(action)s: there is no request; the person is %(state)s.",
    "NOT_SUSPENDED_PROJECT": "The project is %(state)s, not suspended; it cannot be %(done)s.",
    "NOT_TERMINATED_PROJECT": "The project is %(state)s, not terminated; it cannot be %(done)s.",
    "NO_APPLICANT": "The application has no applicant.",
    "NO_APPROVAL_TERMS": "There are no terms of use.",
    "NO_LOCAL_AUTH": "This account signs in another way; passwords are switched off for it.",
    "PASSWORD_CHANGED": "Your password was changed.",
    "PASSWORD_RESET_CONFIRM_DONE": "Your password was set. Sign in with it.",
    "PENDING_APPLICATION_LIMIT_MODIFY": "Your limit of %(limit)s applications that wait for an "
    "answer is reached, so nothing can be changed now. Cancel one or wait until one is decided.",
    "PENDING_EMAIL_CHANGE_REQUEST": "A change of your address to %(email)s waits for its link.",
    "PROFILE_UPDATED": "Your profile was saved.",
    "REACHED_PENDING_APPLICATION_LIMIT": "Your limit of %(limit)s applications that wait for an "
    "answer is reached. Cancel one or wait until one is decided.",
    "SHIBBOLETH_NOT_FOUND": "Your organisation did not tell who you are.",
    "SIGN_TERMS": "Agree to the terms of use to go on.",
    "SUSPENDED_PROJECT": "The project is suspended already, so it cannot be %(done)s.",
    "TOKEN_UPDATED": "You have a new token; the old one ended.",
    "UNINITIALIZED_NO_MODIFY": "The project was never approved, so it cannot be changed.",
    "UNKNOWN_PROJECT_APPLICATION_ID": "There is no application with the number %(id)s.",
    "UNKNOWN_PROJECT_ID": "There is no project with the id '%(id)s'.",
    "UNKNOWN_USER_ID": "There is no user '%(id)s'.",
    "VERIFICATION_FAILED": "The e-mail address could not be confirmed.",
    "VERIFICATION_SENT": "Follow the link in the mail that we sent to you.",
}
_HOLE = re.compile(r"%\\\((\w+)\\\)s")


def fill(key: str, **values: object) -> str:
    """Answer a sentence in our words."""
    return DEFAULTS[key] % values


def recognise(text: str) -> tuple[str, dict[str, str]]:
    """Answer which sentence this is and what it was filled with; an empty key for none.

    Of several that fit it is the one with the most words of its own.
    """
    for pattern, key in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            return key, found.groupdict()
    return "", {}


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    ours = sorted(DEFAULTS.items(), key=lambda item: -len(re.sub(r"%\(\w+\)s", "", item[1])))
    return [
        (re.compile(_HOLE.sub(r"(?P<\1>.+)", re.escape(text)), re.DOTALL), key)
        for key, text in ours
    ]
