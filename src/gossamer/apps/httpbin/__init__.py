"""httpbin: an HTTP service that answers with what it was asked, in both known JSON shapes."""
