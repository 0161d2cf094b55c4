"""Running the suite: on one machine (`python -m deploy`), in images and on Kubernetes (`deploy/k8s`)."""
