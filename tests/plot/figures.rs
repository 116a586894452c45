//! Figures of every kind, made of simple data.

use handlens::evaluate::Confusion;
use handlens::math;
use handlens::models::Prediction;
use handlens::plot::{
    Bar, Coloring, Curve, Figure, Layer, Net, NetLayer, Neuron, Plane, Points, Shape, Shapes,
    Stroke, Surface, Tint, Tree, TreeNode, category_counts, confusion_matrix, contours, curves,
    dendrogram, ellipse, histogram, loss_curve, lying_bars, net, plane, predicted_against_actual,
    scatter,
};
use handlens::rng::Rng;
use ndarray::Array2;

pub const HOSTILE: &str = "<script>alert('x')</script> & \"quotes\" \u{1} \u{202e}end";

/// Blobs of points: (x, y, spread, count) each.
pub fn blobs(centers: &[(f64, f64, f64, usize)]) -> Points {
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

pub fn square(x: f64) -> f64 {
    x * x
}

pub fn names(n: usize) -> Vec<String> {
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
pub fn classify(view: &Plane, centers: &[(f64, f64, f64, usize)]) -> Surface {
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

pub fn decision(centers: &[(f64, f64, f64, usize)]) -> Figure {
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

pub const PENGUINS: [(f64, f64, f64, usize); 3] = [
    (38.8, 190.0, 2.3, 60),
    (48.8, 196.0, 2.4, 32),
    (47.5, 217.0, 2.6, 52),
];

pub fn regression() -> Figure {
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

pub fn clusters() -> Figure {
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

pub fn losses(n: usize) -> Figure {
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

pub fn confusion(n: usize) -> Figure {
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

pub fn predicted() -> Figure {
    let mut rng = Rng::new(5);
    let actual: Vec<f64> = (0..110).map(|_| rng.uniform_in(30.0, 340.0)).collect();
    let predicted: Vec<f64> = actual
        .iter()
        .map(|a| 60.0 + 0.6 * a + 40.0 * rng.normal())
        .collect();
    let rows: Vec<usize> = (0..110).collect();
    predicted_against_actual("progression", &actual, &predicted, &[true; 110], &rows)
}

pub fn spread() -> Figure {
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

pub fn wired() -> Figure {
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

pub fn counts(n: usize) -> Figure {
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

pub fn hostile() -> Figure {
    let mut points = blobs(&[(0.0, 0.0, 1.0, 20), (5.0, 5.0, 1.0, 20)]);
    points.x[3] = f64::NAN;
    points.y[4] = f64::INFINITY;
    let labels = vec![HOSTILE.to_owned(), "]]>&amp;".to_owned()];
    scatter(HOSTILE, (HOSTILE, HOSTILE), points, &labels)
}

/// A tree of full levels, in which every leaf has a class of its own.
pub fn grown(n_levels: u32, shares: bool) -> Tree {
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
pub fn merged(n: usize) -> Figure {
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
pub fn margins() -> Figure {
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

pub fn signed() -> Figure {
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

pub fn paths(n: usize) -> Figure {
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
