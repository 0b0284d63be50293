"""A lab in which every state that kubectl prints can be seen, shared by all tests of habits."""

from __future__ import annotations

HABITS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {kubernetes.io/change-cause: first}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: app
        image: local/web:1
        command: [/bin/sh, -c, "echo serving as $COLOR; exec sleep infinity"]
        env: [{name: COLOR, value: green}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: two, labels: {app: two}}
spec:
  terminationGracePeriodSeconds: 1
  initContainers:
  - {name: setup, image: local/setup:1, command: [/bin/sh, -c, "echo prepared"]}
  containers:
  - name: first
    image: local/a:1
    command: [/bin/sh, -c, "echo one; echo two; exec sleep infinity"]
  - {name: second, image: local/b:1, command: [/bin/sh, -c, "echo other; exec sleep infinity"]}
---
apiVersion: v1
kind: Pod
metadata: {name: crashing, labels: {app: crashing}}
spec:
  containers:
  - {name: app, image: local/c:1, command: [/bin/sh, -c, "echo this run is $$; exit 3"]}
---
apiVersion: v1
kind: Pod
metadata: {name: unknown}
spec: {containers: [{name: app, image: nobody/knows:1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: unprepared}
spec:
  restartPolicy: Never
  initContainers:
  - {name: setup, image: local/setup:1, command: [/bin/sh, -c, "echo no such database; exit 1"]}
  containers: [{name: app, image: local/a:1, command: [/bin/sleep, infinity]}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: app, image: local/once:1, command: [/bin/sh, -c, "echo done"]}
"""
