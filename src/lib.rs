//! Handlens: a machine-learning core that trains step by step, in the browser and natively.
