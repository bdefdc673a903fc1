"""The description of the service, as served under `?wsdl`."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

NAMESPACE = "http://tempuri.org/"
_TEMPLATE = """<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
 xmlns:s="http://www.w3.org/2001/XMLSchema" xmlns:tns="{namespace}" targetNamespace="{namespace}">
 <wsdl:types>
  <s:schema elementFormDefault="qualified" targetNamespace="{namespace}">
   <s:element name="Invoke"><s:complexType><s:sequence>
    <s:element minOccurs="0" maxOccurs="1" name="xml" type="s:string"/>
   </s:sequence></s:complexType></s:element>
   <s:element name="InvokeResponse"><s:complexType><s:sequence>
    <s:element minOccurs="0" maxOccurs="1" name="InvokeResult" type="s:string"/>
   </s:sequence></s:complexType></s:element>
  </s:schema>
 </wsdl:types>
 <wsdl:message name="InvokeSoapIn"><wsdl:part name="parameters" element="tns:Invoke"/></wsdl:message>
 <wsdl:message name="InvokeSoapOut"><wsdl:part name="parameters" element="tns:InvokeResponse"/></wsdl:message>
 <wsdl:portType name="HisServiceSoap">
  <wsdl:operation name="Invoke">
   <wsdl:input message="tns:InvokeSoapIn"/><wsdl:output message="tns:InvokeSoapOut"/>
  </wsdl:operation>
 </wsdl:portType>
 <wsdl:binding name="HisServiceSoap" type="tns:HisServiceSoap">
  <soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
  <wsdl:operation name="Invoke">
   <soap:operation soapAction="{namespace}Invoke" style="document"/>
   <wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output>
  </wsdl:operation>
 </wsdl:binding>
 <wsdl:service name="HisService">
  <wsdl:port name="HisServiceSoap" binding="tns:HisServiceSoap"><soap:address location={address}/></wsdl:port>
 </wsdl:service>
</wsdl:definitions>
"""


def description(address: str) -> str:
    """The WSDL of the service at `address`."""
    return _TEMPLATE.format(namespace=NAMESPACE, address=quoteattr(address))
