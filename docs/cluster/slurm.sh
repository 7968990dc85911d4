#!/bin/bash
# An ensemble on SLURM:  OUT=$SCRATCH/sweep sbatch docs/cluster/slurm.sh
# Submitted again after the time limit or an accident, it runs what is missing. Edit the lines with #SBATCH and the last ones.
#SBATCH --job-name=yeonjwa
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=32
#SBATCH --cpus-per-task=1
#SBATCH --mem-per-cpu=2G
#SBATCH --time=12:00:00
set -euo pipefail

# A folder that every node sees under the same path, and the environment in which yeonjwa[cluster] is installed.
OUT=${OUT:-$PWD/sweep}
VENV=${VENV:-$PWD/.venv}
source "$VENV/bin/activate"

# Before any process starts: allocator and threads as measured (docs/ensembles.md), one death of a worker is enough to say so.
export MALLOC_MMAP_THRESHOLD_=1073741824
export MALLOC_TRIM_THRESHOLD_=4294967296
export OMP_NUM_THREADS=1
export OPENBLAS_NUM_THREADS=1
export MKL_NUM_THREADS=1
export NUMBA_NUM_THREADS=1
export DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=0
# Compiled kernels: on the disk of each node, kept between jobs.
export NUMBA_CACHE_DIR=${TMPDIR:-/tmp}/yeonjwa-kernels-$USER

SCHEDULER=$OUT.scheduler-$SLURM_JOB_ID.json
dask scheduler --scheduler-file "$SCHEDULER" --no-dashboard &
trap 'kill $(jobs -p) 2>/dev/null || true; rm -f "$SCHEDULER"' EXIT
until [ -s "$SCHEDULER" ]; do sleep 1; done
srun --kill-on-bad-exit=0 \
  dask worker --scheduler-file "$SCHEDULER" --nworkers 1 --nthreads 1 --memory-limit 0 --no-dashboard &
ADDRESS=$(python -c 'import json, sys; print(json.load(open(sys.argv[1]))["address"])' "$SCHEDULER")

if [ -f "$OUT/ensemble.json" ]; then
  yeonjwa ensemble resume "$OUT" --dask "$ADDRESS" --progress lines
else
  yeonjwa ensemble run baseline liability_off --seeds 100 --scale 0.02 --dask "$ADDRESS" --progress lines --out "$OUT"
fi
