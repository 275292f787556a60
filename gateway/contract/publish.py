"""What is published of the contract: an AsyncAPI document, JSON Schemas, and a page to read. Pure."""

from gateway.contract.asyncapi import asyncapi
from gateway.contract.page import html
from gateway.contract.schemas import json_schemas

__all__ = ["asyncapi", "html", "json_schemas"]
