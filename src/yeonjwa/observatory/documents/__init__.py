"""Terms, privacy, about, accessibility, licences and the pages of errors."""
