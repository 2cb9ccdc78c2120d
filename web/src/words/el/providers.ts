import type { providers as words } from '../en/providers.ts';

/** Οι τρόποι σύνδεσης ενός λογαριασμού. */
export const providers: Record<keyof typeof words, string> = {
  'methods.line':
    'Κάθε τρόπος που ανοίγει αυτόν τον λογαριασμό. Προσθέστε και δεύτερον, για να μη μείνετε ποτέ απ’ έξω.',
  'methods.yours': 'Οι τρόποι σας',
  'methods.more': 'Άλλοι τρόποι σύνδεσης',
  'methods.none': 'Δεν υπάρχει κάτι να προστεθεί.',
  'methods.local': 'Διεύθυνση e-mail και συνθηματικό',
  'methods.local.line': 'Ορίστε ή αλλάξτε το συνθηματικό στη σελίδα Ασφάλεια.',
  'methods.password': 'Ορισμός συνθηματικού',
  'methods.added': 'Προστέθηκε',
  'methods.used': 'Τελευταία χρήση',
  'methods.never': 'ποτέ',
  'methods.off': 'Ανενεργός',
  'methods.off.line': 'Οι διαχειριστές έκλεισαν τη σύνδεση με αυτόν τον τρόπο.',
  'methods.add': 'Προσθήκη',
  'methods.add.it': 'Προσθήκη: {name}',
  'methods.add.line': 'Σύνδεση και με τον λογαριασμό σας: {name}',
  'methods.remove': 'Αφαίρεση',
  'methods.remove.it': 'Αφαίρεση: {name}',
  'methods.remove.title': 'Να αφαιρεθεί: {name};',
  'methods.remove.line':
    'Δεν θα μπορείτε πια να συνδεθείτε έτσι. Μπορείτε να τον προσθέσετε ξανά αργότερα.',
  'methods.remove.local': 'Το συνθηματικό σας διαγράφεται. Μπορείτε να ορίσετε νέο αργότερα.',
  'methods.pinned':
    'Δεν αφαιρείται: είναι ο τελευταίος τρόπος εισόδου σας ή τον απαιτούν οι διαχειριστές.',
  'methods.removed': 'Αφαιρέθηκε: {name}',
  'methods.switch': 'Αντικατάσταση',
  'methods.switch.it': 'Αντικατάσταση του λογαριασμού: {name}',
  'methods.required': 'Προσθέστε: {name}. Όλοι εδώ πρέπει να μπορούν να συνδεθούν έτσι.',
  'methods.directory': 'Ο λογαριασμός σας: {name}',
  'methods.directory.user': 'Όνομα χρήστη εκεί',
  'methods.directory.password': 'Συνθηματικό εκεί',
  'methods.directory.wrong': 'Το όνομα και το συνθηματικό δεν ταιριάζουν.',
  'providers.have': 'Έχετε ήδη λογαριασμό;',
  'providers.have.link': 'Συνδεθείτε για να προσθέσετε εκεί αυτόν τον τρόπο',

  'providers.elsewhere':
    'Συνδεθείτε εκεί ακόμη μια φορά· μετά επαναλάβετε αυτό που θέλατε να κάνετε.',

  'providers.notice.often':
    'Ξεκίνησαν πάρα πολλές συνδέσεις από εδώ. Περιμένετε ένα λεπτό και δοκιμάστε ξανά.',
  'providers.notice.signedup':
    'Ο λογαριασμός σας δημιουργήθηκε. Ανοίξτε τον σύνδεσμο στο μήνυμα που σας στείλαμε.',

  'methods.notice.added': 'Ο λογαριασμός σας ανοίγει πλέον και με: {name}.',
  'methods.notice.switched': 'Ο λογαριασμός αντικαταστάθηκε: {name}.',
  'methods.notice.own': 'Συνδέεστε ήδη με αυτόν τον λογαριασμό: {name}.',
  'methods.notice.inuse':
    'Κάποιος άλλος εδώ συνδέεται με αυτόν τον λογαριασμό: {name}. Συνδεθείτε ως εκείνος και αφαιρέστε τον πρώτα.',
  'methods.notice.failed': 'Ο λογαριασμός δεν μπόρεσε να προστεθεί: {name}.',
};
