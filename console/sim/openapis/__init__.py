"""The cloud's OpenAPIs on the wire: one endpoint, its signatures and parameters, and the products that have no state of
their own."""
