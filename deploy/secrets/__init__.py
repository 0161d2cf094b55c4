"""Secrets of a cluster: what there is (`inventory`), made once (`new`), and exchanged in order (`rotate`)."""
