"""`synnefo`: a whole cloud on one machine, in one data folder."""
