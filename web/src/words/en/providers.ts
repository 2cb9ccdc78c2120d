/** The ways to sign in to one account. */
export const providers = {
  'methods.line':
    'Every way that opens this account. Add a second one, so that you never lock yourself out.',
  'methods.yours': 'Your methods',
  'methods.more': 'More ways to sign in',
  'methods.none': 'There is nothing to add.',
  'methods.local': 'E-mail address and password',
  'methods.local.line': 'Set or change the password on the page Security.',
  'methods.password': 'Set a password',
  'methods.added': 'Added',
  'methods.used': 'Last used',
  'methods.never': 'never',
  'methods.off': 'Switched off',
  'methods.off.line': 'The operators switched off signing in this way.',
  'methods.add': 'Add',
  'methods.add.it': 'Add {name}',
  'methods.add.line': 'Sign in with your account at {name}, too',
  'methods.remove': 'Remove',
  'methods.remove.it': 'Remove {name}',
  'methods.remove.title': 'Remove {name}?',
  'methods.remove.line': 'You cannot sign in with it any more. You can add it again later.',
  'methods.remove.local': 'Your password is deleted. You can set a new one later.',
  'methods.pinned': 'It cannot be removed: it is your last way in, or the operators ask for it.',
  'methods.removed': '{name} was removed',
  'methods.switch': 'Exchange',
  'methods.switch.it': 'Exchange the account at {name}',
  'methods.required': 'Add {name}: everybody here has to be able to sign in with it.',
  'methods.directory': 'Your account at {name}',
  'methods.directory.user': 'User name there',
  'methods.directory.password': 'Password there',
  'methods.directory.wrong': 'This user name and password do not match.',
  'providers.have': 'Do you have an account already?',
  'providers.have.link': 'Sign in to add this way to it',

  'providers.elsewhere': 'Sign in there once more; then repeat what you were about to do.',

  'providers.notice.often':
    'Too many sign-ins were begun from where you are. Wait a minute, then try again.',
  'providers.notice.signedup':
    'Your account was made. Open the link in the mail that we sent you.',

  'methods.notice.added': '{name} now opens your account.',
  'methods.notice.switched': 'The account at {name} was exchanged.',
  'methods.notice.own': 'You sign in with this account at {name} already.',
  'methods.notice.inuse':
    'Somebody else here signs in with this account at {name}. Sign in as them and remove it first.',
  'methods.notice.failed': 'The account at {name} could not be added.',
};
