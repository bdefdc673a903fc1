"""The SOAP dialect of a hospital, as `docs/interfaces/soap_xml.md` describes it. It is polled and tells nothing."""

from sandbox.his.dialect import Dialect
from sandbox.his.soap_xml.server import sites

DIALECT = Dialect("soap_xml", sites, None)
__all__ = ["DIALECT"]
