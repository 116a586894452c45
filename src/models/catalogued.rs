//! Models that only the whole catalogue has.
//!
//! The starter module, built without the feature `catalogue`, learns with a few algorithms. Its
//! [`super::Model`] has all variants, so that every match over them is written once; those of the
//! algorithms left out hold nothing that can exist, and the compiler drops their arms with all
//! the code behind them.

#[cfg(not(feature = "catalogue"))]
pub use starter::Catalogued;

/// A model as it is: the whole catalogue knows it.
#[cfg(feature = "catalogue")]
pub type Catalogued<T> = T;

/// Takes a model into its variant of [`super::Model`].
#[cfg(feature = "catalogue")]
pub(in crate::models) fn catalogued<T>(model: T) -> Catalogued<T> {
    model
}

/// Never reached: no algorithm of the starter makes such a model.
#[cfg(not(feature = "catalogue"))]
pub(in crate::models) fn catalogued<T>(_: T) -> Catalogued<T> {
    std::process::abort()
}

#[cfg(not(feature = "catalogue"))]
mod starter {
    use std::convert::Infallible;
    use std::marker::PhantomData;
    use std::ops::Deref;

    use ndarray::ArrayView2;

    use crate::error::{Error, Result};
    use crate::models::{Fitted, Parts, Prediction};

    /// A model that the starter does not have; no value exists.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Catalogued<T>(Infallible, PhantomData<T>);

    impl<T> Deref for Catalogued<T> {
        type Target = T;

        fn deref(&self) -> &T {
            match self.0 {}
        }
    }

    impl<T> Fitted for Catalogued<T> {
        fn n_features(&self) -> usize {
            match self.0 {}
        }

        fn predict(&self, _: ArrayView2<f64>) -> Prediction {
            match self.0 {}
        }

        fn to_parts(&self) -> Parts {
            match self.0 {}
        }

        fn from_parts(_: &Parts) -> Result<Self> {
            let message = "This kind of model needs the whole catalogue.";
            Err(crate::error::Error::new(
                crate::error::Code::BadArtifact,
                message,
            ))
        }
    }
}
