"""Signing in by ORCID, as a provider of django-allauth.

Sign-in page and token: https://info.orcid.org/documentation/api-tutorials/api-tutorial-get-and-authenticated-orcid-id/
Terms: https://info.orcid.org/terms-of-use/ (public API). Scope /authenticate: who it is, and nothing else.

allauth's own provider reads the person's whole public record after that; ours needs no more than the iD, which comes
with the token, and takes the site's address from the settings, so that the sandbox and a test's server do as well.
"""
