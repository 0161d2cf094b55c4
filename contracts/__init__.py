"""The promises to clients and between services: graph, events and reference data, and the pages made from them."""
