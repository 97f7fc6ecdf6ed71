#!/bin/bash
# Train on N processes of this computer: one for each GPU, or on CPUs that share the cores.
#   N=4 packaging/cluster/local.sh DATA --out RUN [more options of "train"]
# The same command goes on with a run that is there. A process that dies is started again, up to RESTARTS times.
set -euo pipefail
exec "${PYTHON:-python}" -m torch.distributed.run --standalone --nproc-per-node "${N:-2}" \
  --max-restarts "${RESTARTS:-3}" -m explorer train "$@" --resume-or-start
