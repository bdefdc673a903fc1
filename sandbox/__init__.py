"""The world outside the hub, as one program of its own: hospitals' systems, payment, identity, messages.

It shares no code with the product, keeps its own books and speaks the true protocols.
"""
