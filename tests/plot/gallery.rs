//! All figures, with their names and sizes.

use handlens::plot::{Figure, Net, Points, Tree, histogram, loss_curve, net, scatter, tree};

use crate::figures::*;

pub fn gallery() -> Vec<(&'static str, Figure, (f64, f64))> {
    let many: Vec<(f64, f64, f64, usize)> = (0..20)
        .map(|i| ((i % 5) as f64 * 6.0, (i / 5) as f64 * 13.0, 1.0, 12))
        .collect();
    let one = |x: f64, y: f64| Points {
        x: vec![x],
        y: vec![y],
        rows: vec![0],
        ..Points::default()
    };
    let constant = Points {
        x: vec![3.0; 5],
        y: vec![7.0; 5],
        rows: (0..5).collect(),
        ..Points::default()
    };
    let huge = Points {
        x: vec![-1e308, 1e308],
        y: vec![1e-310, 2e-310],
        rows: vec![0, 1],
        ..Points::default()
    };
    vec![
        ("decision", decision(&PENGUINS), (490.0, 535.0)),
        ("decision_small", decision(&PENGUINS), (300.0, 240.0)),
        (
            "decision_two",
            decision(&[(0.0, 0.0, 1.0, 500), (3.0, 5.0, 1.0, 500)]),
            (600.0, 420.0),
        ),
        ("decision_20", decision(&many), (620.0, 560.0)),
        ("regression", regression(), (490.0, 420.0)),
        ("clusters", clusters(), (490.0, 420.0)),
        ("loss", losses(200), (360.0, 240.0)),
        ("loss_long", losses(20_000), (360.0, 240.0)),
        ("loss_one", losses(1), (360.0, 240.0)),
        (
            "loss_empty",
            loss_curve("log loss", "epoch", &[], &[]),
            (360.0, 240.0),
        ),
        ("confusion", confusion(3), (460.0, 360.0)),
        ("confusion_20", confusion(20), (460.0, 420.0)),
        ("predicted", predicted(), (460.0, 400.0)),
        ("histogram", spread(), (360.0, 240.0)),
        (
            "histogram_digits",
            histogram("age", &[1.0, 2.0, 2.0, 3.0, 7.0]),
            (360.0, 240.0),
        ),
        (
            "histogram_constant",
            histogram("constant", &[4.0; 9]),
            (360.0, 240.0),
        ),
        (
            "histogram_empty",
            histogram("empty", &[f64::NAN]),
            (360.0, 240.0),
        ),
        (
            "histogram_wide",
            histogram("wide", &[-1e308, 1e308, 0.0]),
            (360.0, 240.0),
        ),
        ("categories", counts(3), (360.0, 240.0)),
        ("categories_many", counts(40), (360.0, 240.0)),
        (
            "scatter",
            scatter(
                "Two columns",
                ("bill_length_mm", "body_mass_g"),
                blobs(&PENGUINS),
                &names(3),
            ),
            (490.0, 420.0),
        ),
        ("scatter_hostile", hostile(), (490.0, 420.0)),
        (
            "scatter_one",
            scatter("One", ("a", "b"), one(2.0, 3.0), &[]),
            (360.0, 240.0),
        ),
        (
            "scatter_zero",
            scatter("Zero", ("a", "b"), one(0.0, 0.0), &[]),
            (360.0, 240.0),
        ),
        (
            "scatter_none",
            scatter("None", ("a", "b"), Points::default(), &[]),
            (360.0, 240.0),
        ),
        (
            "scatter_constant",
            scatter("Same", ("a", "b"), constant, &[]),
            (360.0, 240.0),
        ),
        (
            "scatter_huge",
            scatter("Huge", ("a", "b"), huge, &[]),
            (360.0, 240.0),
        ),
        ("net", wired(), (460.0, 300.0)),
        (
            "tree",
            tree(("The tree", "left: yes"), grown(3, true), &names(3)),
            (860.0, 460.0),
        ),
        (
            "tree_small",
            tree(("The tree", "left: yes"), grown(6, true), &names(3)),
            (320.0, 240.0),
        ),
        (
            "tree_numbers",
            tree(("The tree", "left: yes"), grown(2, false), &[]),
            (320.0, 300.0),
        ),
        (
            "tree_root",
            tree(("The tree", "no split yet"), grown(0, true), &names(3)),
            (320.0, 240.0),
        ),
        (
            "tree_none",
            tree(("The tree", ""), Tree::default(), &[]),
            (320.0, 240.0),
        ),
        ("dendrogram", merged(30), (460.0, 300.0)),
        ("dendrogram_many", merged(500), (460.0, 300.0)),
        ("dendrogram_none", merged(1), (460.0, 300.0)),
        ("margins", margins(), (460.0, 420.0)),
        ("signed", signed(), (320.0, 240.0)),
        ("paths", paths(12), (320.0, 240.0)),
        ("paths_none", paths(0), (320.0, 240.0)),
        ("net_none", net(Net::default(), &[]), (360.0, 240.0)),
    ]
}
