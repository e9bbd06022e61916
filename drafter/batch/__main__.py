"""`python -m drafter.batch`: a clerk, started by the office and by nobody else."""

from drafter.batch.clerk import main

if __name__ == "__main__":
    main()
