//! Sums, moments, scaling, and the random numbers.

use handlens::data::{Column, Table};
use handlens::math::{is_constant, moments, print_number, sum};
use handlens::rng::Rng;

use crate::{prepare, recipe};

#[test]
fn a_sum_does_not_depend_on_the_order() {
    // Each one is half of the last digit of 1e16, so plain sums lose them.
    let mut values = vec![1.0; 10_000];
    values.extend([1e16, -1e16]);
    for seed in 0..20 {
        Rng::new(seed).shuffle(&mut values);
        assert_eq!(sum(values.iter().copied()), 10_000.0, "seed {seed}");
    }
}

#[test]
fn a_variance_far_from_zero_keeps_its_digits() {
    // The sum of squares less the square of the sum has no digit left at 1e9.
    for far in [0.0, 1e9, 1e15, -1e15] {
        let found = moments(&[far + 4.0, far + 7.0, far + 13.0, far + 16.0]).unwrap();
        assert_eq!((found.mean, found.variance), (far + 10.0, 22.5), "{far:e}");
    }
}

fn scaled(values: Vec<f64>) -> Vec<f64> {
    let column = Column::number("a", values);
    let table = Table::new(vec![column]).unwrap();
    let (_, data) = prepare(&recipe(&[("scale", "standard")]), &table, None);
    data.x.column(0).to_vec()
}

#[test]
fn numbers_of_any_size_are_standardized_alike() {
    let plain = [2.0, 4.0, 6.0, 12.0];
    let expected = scaled(plain.to_vec());
    assert!(expected[3] > 1.6, "{expected:?}");
    // Powers of two, so that nothing but the method can change a bit.
    for power in [-1000, -400, 400, 1000] {
        let size = libm::ldexp(1.0, power);
        let found = scaled(plain.iter().map(|v| v * size).collect());
        assert_eq!(found, expected, "2^{power}");
    }
    // Subnormal numbers have fewer digits, here 36.
    let size = libm::ldexp(1.0, -1038);
    let found = scaled(plain.iter().map(|v| v * size).collect());
    let is_near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-9;
    assert!(found.iter().zip(&expected).all(is_near), "{found:?}");
}

#[test]
fn a_column_that_varies_by_rounding_alone_is_left_out() {
    let noisy = [0.3, 0.1 + 0.2, 0.3, 0.1 + 0.2];
    assert_ne!(noisy[0], noisy[1]);
    assert!(is_constant(&noisy));
    assert!(!is_constant(&[0.3, 0.3 + 1e-12]));
    let columns = [("noisy", noisy), ("telling", [1.0, 2.0, 3.0, 5.0])];
    let columns = columns.map(|(name, values)| Column::number(name, values.to_vec()));
    let table = Table::new(columns.to_vec()).unwrap();
    let (pipeline, data) = prepare(&recipe(&[]), &table, None);
    assert_eq!(data.feature_names, ["telling"]);
    let (name, reason) = &pipeline.left_out()[0];
    assert!(name == "noisy" && reason.contains("always"), "{reason}");
}

#[test]
fn one_value_alone_becomes_zero() {
    // With a gap that is kept the column still tells something, so it is scaled.
    let steps = |scale| recipe(&[("impute", "keep"), ("scale", scale)]);
    let column = Column::number("a", vec![7.0, f64::NAN, 7.0]);
    let table = Table::new(vec![column]).unwrap();
    for scale in ["min_max", "standard", "robust"] {
        let (_, data) = prepare(&steps(scale), &table, None);
        assert_eq!((data.x[(0, 0)], data.x[(2, 0)]), (0.0, 0.0), "{scale}");
        assert!(data.x[(1, 0)].is_nan(), "{scale}");
    }
}

#[test]
fn the_first_draws_are_pinned() {
    let mut rng = Rng::new(42);
    assert_eq!(rng.next_u64(), 4_178_418_447_715_145_737);
    assert_eq!(rng.uniform(), 0.239_106_690_318_599_55);
    assert_eq!([(); 5].map(|()| rng.below(10)), [7, 5, 9, 3, 1]);
    assert_eq!(rng.normal(), 0.114_738_633_244_201_25);
    assert_eq!(rng.permutation(6), [5, 0, 4, 3, 1, 2]);
    // What was drawn before does not matter to the streams of other purposes.
    let split = rng.fork("split").next_u64();
    assert_eq!(split, 13_385_785_671_247_645_805);
    let tree = rng.fork_index("tree", 3).next_u64();
    assert_eq!(tree, 15_563_432_994_821_630_286);
}

#[test]
fn a_printed_number_reads_back_to_the_bit() {
    let mut rng = Rng::new(5);
    let mut n_finite = 0;
    while n_finite < 20_000 {
        let value = f64::from_bits(rng.next_u64());
        if value.is_finite() {
            let printed = print_number(value);
            assert_eq!(printed.parse::<f64>().unwrap(), value, "{printed}");
            n_finite += 1;
        }
    }
}
