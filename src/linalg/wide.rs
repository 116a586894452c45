//! Kernels compiled twice, where the processor decides at run time which copy runs.
//!
//! A program for every x86-64 may use nothing beyond SSE2. Nearly all processors also have AVX2:
//! registers twice as wide, instructions that keep their operands, numbers copied to all lanes
//! as they are loaded. The copy for these is the same source: the compiler neither reorders
//! additions nor fuses them with multiplications, so both copies give the same bits, which
//! tests beside the kernels compare.

/// Defines a function whose body is compiled for SSE2 and for AVX2. What it calls must be
/// inlined to have two copies as well.
macro_rules! twofold {
    (
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident $(<$t:ident: $bound:path>)? (
            $($argument:ident: $type:ty),* $(,)?
        ) $(-> $output:ty)? $body:block
    ) => {
        $(#[$attribute])*
        #[inline]
        $visibility fn $name $(<$t: $bound>)? ($($argument: $type),*) $(-> $output)? {
            #[inline(always)]
            fn narrow $(<$t: $bound>)? ($($argument: $type),*) $(-> $output)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            fn wide $(<$t: $bound>)? ($($argument: $type),*) $(-> $output)? {
                narrow($($argument),*)
            }

            #[cfg(target_arch = "x86_64")]
            if $crate::linalg::wide::is_wide() {
                // SAFETY: the processor has AVX2.
                return unsafe { wide($($argument),*) };
            }
            narrow($($argument),*)
        }
    };
}

pub(crate) use twofold;

/// Whether the copies for AVX2 run.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn is_wide() -> bool {
    #[cfg(test)]
    if compared::IS_NARROW.load(std::sync::atomic::Ordering::SeqCst) {
        return false;
    }
    std::arch::is_x86_feature_detected!("avx2")
}

#[cfg(test)]
pub(crate) mod compared {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Mutex, PoisonError};

    pub(super) static IS_NARROW: AtomicBool = AtomicBool::new(false);

    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    /// What `work` gives by the copies for SSE2, and by those for AVX2 where there are such.
    pub(crate) fn both<T>(work: impl Fn() -> T) -> [T; 2] {
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        [true, false].map(|is_narrow| {
            IS_NARROW.store(is_narrow, Ordering::SeqCst);
            work()
        })
    }

    #[test]
    fn the_copy_is_chosen() {
        #[cfg(target_arch = "x86_64")]
        {
            let has = std::arch::is_x86_feature_detected!("avx2");
            assert_eq!(both(super::is_wide), [false, has]);
        }
    }
}
