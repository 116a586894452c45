//! Figures: well-formed, safe, and never a panic. With `HANDLENS_FIGURES` set to a folder,
//! `every_figure_is_sound` writes each figure there to be looked at.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

use handlens::evaluate::Confusion;
use handlens::math;
use handlens::models::Prediction;
use handlens::plot::{
    Bar, Coloring, Curve, Figure, Layer, Net, NetLayer, Neuron, Plane, Points, Shape, Shapes,
    Stroke, Style, Surface, Theme, Tint, Tokens, Tree, TreeNode, category_counts, confusion_matrix,
    contours, curves, dendrogram, ellipse, histogram, loss_curve, lying_bars, net, plane,
    predicted_against_actual, scatter, tree,
};
use handlens::rng::Rng;
use ndarray::{Array1, Array2};

const HOSTILE: &str = "<script>alert('x')</script> & \"quotes\" \u{1} \u{202e}end";

/// Blobs of points: (x, y, spread, count) each.
fn blobs(centers: &[(f64, f64, f64, usize)]) -> Points {
    let mut rng = Rng::new(1);
    let mut points = Points::default();
    let mut codes = Vec::new();
    for (code, &(x, y, spread, n)) in centers.iter().enumerate() {
        for _ in 0..n {
            points.x.push(x + spread * rng.normal());
            points.y.push(y + 2.2 * spread * rng.normal());
            codes.push(code as u32);
            points.is_unseen.push(rng.uniform() < 0.22);
            points.rows.push(points.rows.len());
        }
    }
    points.color = Coloring::Classes { codes };
    points
}

fn square(x: f64) -> f64 {
    x * x
}

fn names(n: usize) -> Vec<String> {
    let penguins = ["Adelie", "Chinstrap", "Gentoo"];
    (0..n)
        .map(|i| {
            penguins
                .get(i)
                .map_or(format!("class {i}"), |p| (*p).to_owned())
        })
        .collect()
}

/// Soft classes around centers, as a net would learn them.
fn classify(view: &Plane, centers: &[(f64, f64, f64, usize)]) -> Surface {
    let answer = |places: &Array2<f64>| {
        let mut codes = Vec::new();
        let mut probabilities = Array2::zeros((places.nrows(), centers.len()));
        for (row, place) in places.outer_iter().enumerate() {
            let mut logits: Vec<f64> = centers
                .iter()
                .map(|c| {
                    let (dx, dy) = ((place[0] - c.0) / c.2, (place[1] - c.1) / (2.2 * c.2));
                    -(dx * dx + dy * dy) / 8.0
                })
                .collect();
            math::softmax(&mut logits);
            codes.push(math::argmax(&logits) as u32);
            for (class, p) in logits.into_iter().enumerate() {
                probabilities[[row, class]] = p;
            }
        }
        Ok(Prediction::Classes {
            codes,
            probabilities,
        })
    };
    view.surface(answer).unwrap()
}

fn decision(centers: &[(f64, f64, f64, usize)]) -> Figure {
    let points = blobs(centers);
    let view = Plane::around(&points, 120);
    let surface = classify(&view, centers);
    let caption = (
        "Decision surface",
        "bill length \u{d7} flipper length, others at their median",
    );
    let axes = ("bill_length_mm", "flipper_length_mm");
    plane(
        caption,
        axes,
        &view,
        points,
        &names(centers.len()),
        Some(surface),
        vec![],
    )
}

const PENGUINS: [(f64, f64, f64, usize); 3] = [
    (38.8, 190.0, 2.3, 60),
    (48.8, 196.0, 2.4, 32),
    (47.5, 217.0, 2.6, 52),
];

fn regression() -> Figure {
    let mut points = blobs(&[(5.0, 5.0, 2.0, 120)]);
    let target = |x: f64, y: f64| x * x + 3.0 * y;
    let values: Vec<f64> = points
        .x
        .iter()
        .zip(&points.y)
        .map(|(&x, &y)| target(x, y))
        .collect();
    let view = Plane::around(&points, 96);
    let surface = view.surface(|p| {
        Ok(Prediction::Values(
            p.outer_iter().map(|r| target(r[0], r[1])).collect(),
        ))
    });
    points.color = Coloring::Values {
        values,
        min: -20.0,
        max: 110.0,
    };
    plane(
        ("Regression surface", "rooms \u{d7} age"),
        ("rooms", "age"),
        &view,
        points,
        &[],
        Some(surface.unwrap()),
        vec![],
    )
}

fn clusters() -> Figure {
    let centers = [
        (2.0, 3.0, 0.7, 70),
        (6.0, 9.0, 0.8, 60),
        (9.0, 3.0, 0.6, 50),
        (4.0, 14.0, 0.5, 40),
    ];
    let points = blobs(&centers);
    let view = Plane::around(&points, 96);
    let surface = view.surface(|places| {
        let nearest = |p: ndarray::ArrayView1<f64>| {
            let d: Vec<f64> = centers
                .iter()
                .map(|c| -(square(p[0] - c.0) + square(p[1] - c.1)))
                .collect();
            math::argmax(&d) as u32
        };
        Ok(Prediction::Clusters(
            places.outer_iter().map(nearest).collect(),
        ))
    });
    let trails = centers
        .iter()
        .map(|c| {
            (0..5)
                .map(|i| (c.0 + 1.6 / f64::from(1 << i), c.1 - 2.5 / f64::from(1 << i)))
                .chain([(c.0, c.1)])
                .collect()
        })
        .collect();
    let labels: Vec<String> = (1..=4).map(|i| format!("cluster {i}")).collect();
    plane(
        ("Clusters", "a \u{d7} b"),
        ("a", "b"),
        &view,
        points,
        &labels,
        Some(surface.unwrap()),
        trails,
    )
}

fn losses(n: usize) -> Figure {
    let curve = |a: f64, b: f64| -> Vec<(f64, f64)> {
        (0..n)
            .map(|i| (i as f64, a * math::exp(-(i as f64) / (n as f64 / 7.0)) + b))
            .collect()
    };
    loss_curve(
        "cross-entropy",
        "epoch",
        &curve(1.05, 0.049),
        &curve(1.0, 0.081),
    )
}

fn confusion(n: usize) -> Figure {
    let counts = (0..n)
        .map(|i| {
            (0..n)
                .map(|j| {
                    if i == j {
                        20 + 3 * i as u32
                    } else {
                        ((i * 7 + j * 3) % 5 / 3) as u32
                    }
                })
                .collect()
        })
        .collect();
    confusion_matrix(
        &Confusion {
            labels: names(n),
            counts,
        },
        "69 unseen rows",
    )
}

fn predicted() -> Figure {
    let mut rng = Rng::new(5);
    let actual: Vec<f64> = (0..110).map(|_| rng.uniform_in(30.0, 340.0)).collect();
    let predicted: Vec<f64> = actual
        .iter()
        .map(|a| 60.0 + 0.6 * a + 40.0 * rng.normal())
        .collect();
    let rows: Vec<usize> = (0..110).collect();
    predicted_against_actual("progression", &actual, &predicted, &[true; 110], &rows)
}

fn spread() -> Figure {
    let mut rng = Rng::new(9);
    let mut values: Vec<f64> = (0..342)
        .map(|i| {
            if i % 3 == 0 {
                217.0 + 6.0 * rng.normal()
            } else {
                191.0 + 7.0 * rng.normal()
            }
        })
        .collect();
    values.extend([f64::NAN, f64::NAN]);
    histogram("flipper_length_mm", &values)
}

fn wired() -> Figure {
    let mut rng = Rng::new(3);
    let widths = [4, 8, 4, 3];
    let features = [
        "bill_length_mm",
        "bill_depth_mm",
        "flipper_length_mm",
        "sex = female",
    ];
    let layer_names = ["4 in", "8 ReLU", "4 ReLU", "3 softmax"];
    let classes = names(3);
    let layers = widths
        .iter()
        .enumerate()
        .map(|(layer, &n)| NetLayer {
            name: layer_names[layer].into(),
            neurons: (0..n)
                .map(|i| Neuron {
                    label: match layer {
                        0 => features[i].into(),
                        3 => classes[i].clone(),
                        _ => String::new(),
                    },
                    heat: {
                        let (a, b, c) = (rng.normal(), rng.normal(), rng.normal());
                        (0..256)
                            .map(|k| {
                                (a * ((k % 16) as f64 / 8.0 - 1.0)
                                    + b * ((k / 16) as f64 / 8.0 - 1.0)
                                    + 0.4 * c) as f32
                            })
                            .collect()
                    },
                })
                .collect(),
        })
        .collect();
    let mut matrix = |from: usize, to: usize| {
        (0..from)
            .map(|_| (0..to).map(|_| rng.normal()).collect())
            .collect()
    };
    let weights = vec![matrix(4, 8), matrix(8, 4), matrix(4, 3)];
    net(Net { layers, weights }, &classes)
}

fn counts(n: usize) -> Figure {
    let islands = ["Biscoe", "Dream", "Torgersen"];
    let counts: Vec<(String, usize)> = (0..n)
        .map(|i| {
            (
                islands
                    .get(i)
                    .map_or(format!("island number {i}"), |s| (*s).to_owned()),
                168 / (i + 1),
            )
        })
        .collect();
    category_counts("island", &counts, 2)
}

fn hostile() -> Figure {
    let mut points = blobs(&[(0.0, 0.0, 1.0, 20), (5.0, 5.0, 1.0, 20)]);
    points.x[3] = f64::NAN;
    points.y[4] = f64::INFINITY;
    let labels = vec![HOSTILE.to_owned(), "]]>&amp;".to_owned()];
    scatter(HOSTILE, (HOSTILE, HOSTILE), points, &labels)
}

/// A tree of full levels, in which every leaf has a class of its own.
fn grown(n_levels: u32, shares: bool) -> Tree {
    let n_inner = (1_usize << n_levels) - 1;
    let node = |index: usize| TreeNode {
        parent: index.checked_sub(1).map(|below| below / 2),
        feature: if index < n_inner {
            "flipper_length_mm".into()
        } else {
            String::new()
        },
        test: if index < n_inner {
            format!("\u{2264} {}", 206.5 - index as f64)
        } else {
            String::new()
        },
        answer: if shares {
            ["Adelie", "Chinstrap", "Gentoo"][index % 3].into()
        } else {
            "12.5".into()
        },
        n_samples: 344.0 / (index + 1) as f64,
        shares: if shares { vec![0.5, 0.3, 0.2] } else { vec![] },
        level: (index % 7) as f64 / 6.0,
        n_below: 0,
    };
    let nodes = (0..2 * n_inner + 1).map(node).collect();
    Tree { nodes }
}

/// Rows on a line that are joined two by two.
fn merged(n: usize) -> Figure {
    let mut merges = Vec::new();
    let mut open: Vec<usize> = (0..n).collect();
    let mut clusters = vec![0; n];
    clusters[n / 2..].fill(1);
    while open.len() > 1 {
        let (a, b) = (open.remove(0), open.remove(0));
        open.push(n + merges.len());
        merges.push((a, b, 0.1 * (merges.len() + 1) as f64));
    }
    let n_joined = merges.len().saturating_sub(1);
    dendrogram(
        ("Merges", "two groups below the cut"),
        &merges,
        &clusters,
        n_joined,
    )
}

/// A plane with margins, an ellipse and ringed rows.
fn margins() -> Figure {
    let mut points = blobs(&PENGUINS[1..]);
    points.is_marked = points.x.iter().map(|x| *x > 50.0).collect();
    points.mark = "support vector".into();
    let view = Plane::around(&points, 40);
    let surface = classify(&view, &PENGUINS[1..]);
    let grid = view.grid();
    let heights: Vec<f64> = grid
        .rows()
        .into_iter()
        .map(|at| (at[1] - 206.0) / 5.0 + (at[0] - 48.0) * (at[0] - 48.0) / 20.0)
        .collect();
    let lines = |level: f64, stroke: Stroke| {
        let line = move |points: Vec<(f64, f64)>| Shape {
            name: format!("{level}"),
            points,
            stroke,
            ..Shape::default()
        };
        contours(&view, &heights, level).into_iter().map(line)
    };
    let round = Shape {
        points: ellipse((48.8, 196.0), (6.0, 25.0, 4.0), 2.0),
        tint: Tint::Code { code: 0 },
        stroke: Stroke::Area,
        ..Shape::default()
    };
    let shapes = [round]
        .into_iter()
        .chain(lines(0.0, Stroke::Line))
        .chain(lines(1.0, Stroke::Dashed))
        .collect();
    let mut figure = plane(
        ("Margins", "a \u{d7} b"),
        ("a", "b"),
        &view,
        points,
        &names(3)[1..],
        Some(surface),
        vec![],
    );
    figure.layers.insert(
        1,
        Layer::Shapes(Shapes {
            what: "margins".into(),
            shapes,
        }),
    );
    figure
}

fn signed() -> Figure {
    let bar = |(index, length): (usize, f64)| Bar {
        length,
        label: format!("column {index}"),
        ..Bar::default()
    };
    let bars = [3.0, -2.0, 1e-3, 0.0, f64::NAN]
        .into_iter()
        .enumerate()
        .map(bar)
        .collect();
    lying_bars(("Weights", "by sign"), "weight", bars, &[])
}

fn paths(n: usize) -> Figure {
    let curve = |index: usize| Curve {
        name: format!("column {index}"),
        end_label: format!("column {index}"),
        points: (0..20)
            .map(|at| (f64::from(at), f64::from(at) * (index as f64 - 2.0)))
            .collect(),
        is_unseen: false,
        tint: Tint::Code { code: index as u32 },
    };
    curves(
        ("Paths", "by penalty"),
        "penalty",
        "weight",
        (0..n).map(curve).collect(),
    )
}

fn gallery() -> Vec<(&'static str, Figure, (f64, f64))> {
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

/// Checks that tags are closed in order, names are known, and attributes hold no bare markup.
#[track_caller]
fn well_formed(svg: &str) {
    const KNOWN: [&str; 12] = [
        "filter",
        "feMerge",
        "feMergeNode",
        "feGaussianBlur",
        "svg",
        "title",
        "desc",
        "g",
        "path",
        "rect",
        "circle",
        "text",
    ];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        check_text(&rest[..start]);
        let end = start + rest[start..].find('>').expect("a closed tag");
        let tag = &rest[start + 1..end];
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap_or_default();
        assert!(KNOWN.contains(&name), "unknown element {name}");
        assert_eq!(tag.matches('"').count() % 2, 0, "a stray quote in {tag}");
        assert!(!tag.contains("style=") && !tag.contains(" on"), "{tag}");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.is_empty(), "left open: {open:?}");
    let control = |c: char| c.is_control();
    assert!(!svg.contains(control), "a control character");
    for word in ["NaN", "inf\"", "inf ", "\"-0"] {
        assert!(!svg.contains(word), "{word} in a figure");
    }
}

#[track_caller]
fn check_text(text: &str) {
    for part in text.split('&').skip(1) {
        let entity = part.split(';').next().unwrap_or_default();
        assert!(
            ["amp", "lt", "gt", "quot", "#39"].contains(&entity),
            "&{entity}"
        );
    }
}

#[test]
fn every_figure_is_sound() {
    let folder = std::env::var("HANDLENS_FIGURES").ok();
    for (name, figure, (width, height)) in gallery() {
        for (theme, suffix) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            let style = Style {
                theme,
                width,
                height,
                ..Style::default()
            };
            let svg = figure.svg(&style).unwrap();
            well_formed(&svg);
            well_formed(
                &figure
                    .svg(&Style {
                        is_titled: true,
                        ..style.clone()
                    })
                    .unwrap(),
            );
            well_formed(
                &figure
                    .svg(&Style {
                        width: 60.0,
                        height: 40.0,
                        ..style
                    })
                    .unwrap(),
            );
            if let Some(folder) = &folder {
                std::fs::write(format!("{folder}/{name}_{suffix}.svg"), svg).unwrap();
            }
        }
    }
}

#[test]
fn every_figure_reads_as_words_and_table() {
    for (name, figure, _) in gallery() {
        let words = figure.describe();
        assert!(
            words.len() > figure.title.len() + 5 && !words.contains("NaN"),
            "{name}: {words}"
        );
        let (headers, rows) = figure.table();
        assert!(rows.iter().all(|row| row.len() == headers.len()), "{name}");
        assert_eq!(rows.is_empty(), figure.empty.is_some(), "{name}");
    }
}

#[test]
fn the_pointer_is_answered_everywhere_without_panic() {
    for (name, figure, (width, height)) in gallery() {
        let style = Style {
            width,
            height,
            ..Style::default()
        };
        let mut n_answers = 0;
        for i in 0..=20 {
            for j in 0..=20 {
                let (x, y) = (width * f64::from(i) / 20.0, height * f64::from(j) / 20.0);
                n_answers += usize::from(figure.probe(x, y, &style).is_some());
            }
        }
        assert!(figure.probe(-5.0, f64::NAN, &style).is_none(), "{name}");
        let is_quiet =
            figure.empty.is_some() || name.starts_with("net") || name.starts_with("scatter");
        assert!(n_answers > 10 || is_quiet, "{name}: {n_answers} answers");
    }
}

#[test]
fn a_point_is_found_under_the_pointer() {
    let figure = decision(&PENGUINS);
    let style = Style {
        width: 490.0,
        height: 535.0,
        ..Style::default()
    };
    let anywhere = figure.probe(250.0, 60.0, &style).unwrap();
    assert_eq!(anywhere.row, None);
    assert!(
        anywhere.lines[0].ends_with("% sure"),
        "{:?}",
        anywhere.lines
    );
    let found = (0..490)
        .flat_map(|x| (0..107).map(move |y| (f64::from(x), f64::from(5 * y))))
        .find_map(|(x, y)| figure.probe(x, y, &style).filter(|p| p.row.is_some()))
        .unwrap();
    let points = figure.points().unwrap();
    assert_eq!(points.x[found.row.unwrap()], found.data_x);
    assert!(found.lines.iter().any(|line| line.starts_with("row ")));
}

#[test]
fn hostile_labels_are_escaped() {
    let svg = hostile()
        .svg(&Style {
            is_titled: true,
            font: "\"><script>".into(),
            ..Style::default()
        })
        .unwrap();
    assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;"));
}

#[test]
fn a_surface_answers_the_same_place_as_its_pixels() {
    let view = Plane::around_places(&[0.0, 10.0], &[0.0, 10.0], 50);
    let surface = view
        .surface(|places| Ok(Prediction::Values(places.column(1).to_owned())))
        .unwrap();
    let figure = plane(
        ("t", ""),
        ("a", "b"),
        &view,
        Points::default(),
        &[],
        Some(surface),
        vec![],
    );
    let probe = figure.probe(100.0, 30.0, &Style::default()).unwrap();
    let said: f64 = probe.lines[0].replace('\u{2212}', "-").parse().unwrap();
    assert!(
        (said - probe.data_y).abs() < 0.2,
        "{said} is not {}",
        probe.data_y
    );
}

#[test]
fn a_surface_of_the_wrong_size_is_refused() {
    let view = Plane::around_places(&[0.0], &[0.0], 10);
    assert!(
        view.surface(|_| Ok(Prediction::Values(Array1::zeros(3))))
            .is_err()
    );
}

// Color: CIE Lab distances as seen with normal eyes, deuteranopia and protanopia.

fn linear(rgb: handlens::plot::Rgb) -> [f64; 3] {
    [rgb.0, rgb.1, rgb.2].map(|v| {
        let v = f64::from(v) / 255.0;
        if v <= 0.04045 {
            v / 12.92
        } else {
            math::pow((v + 0.055) / 1.055, 2.4)
        }
    })
}

fn through(m: [[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    m.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum())
}

fn lab(linear: [f64; 3]) -> [f64; 3] {
    const XYZ: [[f64; 3]; 3] = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ];
    let xyz = through(XYZ, linear.map(|v| v.clamp(0.0, 1.0)));
    let f = |t: f64| {
        if t > 0.008856 {
            math::pow(t, 1.0 / 3.0)
        } else {
            7.787 * t + 16.0 / 116.0
        }
    };
    let (x, y, z) = (f(xyz[0] / 0.95047), f(xyz[1]), f(xyz[2] / 1.08883));
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// Full deuteranopia and protanopia after Machado, Oliveira & Fernandes (IEEE TVCG 15(6), 2009).
const EYES: [[[f64; 3]; 3]; 3] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
];

#[test]
fn the_first_six_colors_stay_apart_for_every_eye() {
    for theme in [Theme::Light, Theme::Dark] {
        let colors = Tokens::of(theme).categories;
        for eye in EYES {
            let seen: Vec<[f64; 3]> = colors
                .iter()
                .map(|&c| lab(through(eye, linear(c))))
                .collect();
            for a in 0..6 {
                for b in 0..a {
                    let distance: f64 = seen[a]
                        .iter()
                        .zip(seen[b])
                        .map(|(p, q)| square(p - q))
                        .sum::<f64>()
                        .sqrt();
                    assert!(
                        distance > 12.0,
                        "{theme:?}: {a} and {b} are only {distance:.1} apart"
                    );
                }
            }
        }
    }
}

#[test]
fn colors_and_text_have_contrast_to_the_sheet() {
    let luminance = |c| through([[0.2126, 0.7152, 0.0722], [0.0; 3], [0.0; 3]], linear(c))[0];
    let contrast = |a, b| {
        let (a, b): (f64, f64) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    };
    for theme in [Theme::Light, Theme::Dark] {
        let t = Tokens::of(theme);
        for color in t.categories {
            assert!(contrast(color, t.sheet) >= 3.0, "{theme:?} {color:?}");
        }
        for color in [t.ink, t.ink_2, t.ink_3, t.accent] {
            assert!(contrast(color, t.sheet) >= 4.5, "{theme:?} {color:?}");
        }
    }
}
