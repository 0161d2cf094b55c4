"""How the suite is run: locally (`deploy.local`) and on Kubernetes (`deploy/k8s`)."""
