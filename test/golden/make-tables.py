"""What scikit-learn and NumPy make of the tables in test/data/tables: python3 test/golden/make-tables.py"""
import json
import os

import numpy as np
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

HERE = os.path.dirname(os.path.abspath(__file__))


def table(name):
    with open(os.path.join(HERE, '..', 'data', 'tables', name)) as file:
        rows = [line.strip().split(',') for line in file]
    return rows[0], rows[1:]


def statistics(values):
    """Of f32 values, in double."""
    values = values.astype(np.float32).astype(np.float64)
    standard, ranged = StandardScaler().fit(values), MinMaxScaler().fit(values)
    return {
        'mean': standard.mean_.tolist(), 'deviation': np.sqrt(standard.var_).tolist(), 'scale': standard.scale_.tolist(),
        'minimum': ranged.data_min_.tolist(), 'maximum': ranged.data_max_.tolist(), 'range': ranged.data_range_.tolist(),
        'all': {'mean': values.mean(), 'deviation': values.std()},
    }


def inputs(name):
    _, rows = table(name)
    return np.array([[float(cell) for cell in row[:-1]] for row in rows])


far = 1e6 + np.array([[4.0, 5], [7, 5], [13, 5], [16, 5]])  # means far from the deviations, and a constant
diabetes, iris = inputs('diabetes.csv'), inputs('iris.csv')
_, iris_rows = table('iris.csv')
_, cancer_rows = table('breast-cancer.csv')
diagnosis = [row[-1] for row in cancer_rows]
bmi = diabetes[:, 2]
golden = {
    'statistics': {'iris.csv': statistics(iris), 'breast-cancer.csv': statistics(inputs('breast-cancer.csv')), 'diabetes.csv': statistics(diabetes), 'far': statistics(far)},
    'labels': {'classes': LabelEncoder().fit(diagnosis).classes_.tolist(), 'first': LabelEncoder().fit_transform(diagnosis)[:40].tolist()},
    'balanced': compute_sample_weight('balanced', diagnosis)[:40].tolist(),
    'bmi': {
        'quantiles': np.quantile(bmi, [0.01, 0.99]).tolist(), 'mean': bmi.mean(), 'median': np.median(bmi),
        'deviations': [bmi.mean() - 2 * bmi.std(), bmi.mean() + 2 * bmi.std()],
        'clipped': np.clip(bmi, *np.quantile(bmi, [0.01, 0.99])).mean(),
    },
}
with open(os.path.join(HERE, 'tables.json'), 'w') as file:
    json.dump(golden, file)
