"""The dialect `soap_xml`: one SOAP method with a string of XML, transactions by number."""

from institution_connectors.adapters.soap_xml.adapter import SoapXmlAdapter

__all__ = ["SoapXmlAdapter"]
