"""What keeps somebody's server safe while the contract runs on it: marks, sweeps and budgets."""
