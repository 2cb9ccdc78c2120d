"""Send the mails of Astakos."""

from synnefo.serve import mail

send_mail = mail.postman("astakos")
