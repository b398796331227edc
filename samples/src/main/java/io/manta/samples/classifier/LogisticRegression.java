package io.manta.samples.classifier;

/// Fits a logistic regression: minimises the mean of the logistic losses plus `l2 / 2` times the
/// sum of the squared weights, the bias excluded. Every row counts in every step and nothing is
/// random: the same rows in the same order give the same result.
///
/// Gradient descent with Nesterov's momentum, which starts afresh whenever it points uphill
/// (O'Donoghue and Candès, "Adaptive Restart for Accelerated Gradient Schemes", 2015, the gradient
/// scheme). Rows have length 1, and with the bias 2 as their square, so the gradient changes no
/// faster than 2 / 4 + l2: the step is one over that.
final class LogisticRegression {
  private static final double TOLERANCE = 1e-6;
  private static final int MAX_STEPS = 100_000;

  /// The bias and then the weights.
  private final double[] coefficients;

  private LogisticRegression(double[] coefficients) {
    this.coefficients = coefficients;
  }

  /// @param rows vectors of length 1
  /// @param positive what each row is
  static LogisticRegression fit(float[][] rows, boolean[] positive, double l2) {
    double step = 1 / (0.5 + l2);
    double[] current = new double[rows[0].length + 1];
    double[] ahead = current.clone();
    double momentum = 1;
    for (int steps = 0; steps < MAX_STEPS; steps++) {
      double[] gradient = gradient(rows, positive, l2, ahead);
      if (largest(gradient) < TOLERANCE) {
        return new LogisticRegression(ahead);
      }
      double nextMomentum = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
      double keep = (momentum - 1) / nextMomentum;
      double uphill = 0;
      double[] next = new double[current.length];
      for (int i = 0; i < next.length; i++) {
        next[i] = ahead[i] - step * gradient[i];
        uphill += gradient[i] * (next[i] - current[i]);
      }
      for (int i = 0; i < next.length; i++) {
        ahead[i] = uphill > 0 ? next[i] : next[i] + keep * (next[i] - current[i]);
      }
      momentum = uphill > 0 ? 1 : nextMomentum;
      current = next;
    }
    throw new IllegalStateException(
        "no optimum found in " + MAX_STEPS + " steps: l2 is " + l2 + ", choose a larger one");
  }

  double bias() {
    return coefficients[0];
  }

  double weight(int dimension) {
    return coefficients[dimension + 1];
  }

  boolean isPositive(float[] row) {
    return sum(coefficients, row) >= 0;
  }

  private static double[] gradient(
      float[][] rows, boolean[] positive, double l2, double[] coefficients) {
    double[] gradient = new double[coefficients.length];
    for (int r = 0; r < rows.length; r++) {
      double error = 1 / (1 + Math.exp(-sum(coefficients, rows[r]))) - (positive[r] ? 1 : 0);
      gradient[0] += error;
      for (int i = 0; i < rows[r].length; i++) {
        gradient[i + 1] += error * rows[r][i];
      }
    }
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = gradient[i] / rows.length + (i == 0 ? 0 : l2 * coefficients[i]);
    }
    return gradient;
  }

  private static double sum(double[] coefficients, float[] row) {
    double sum = coefficients[0];
    for (int i = 0; i < row.length; i++) {
      sum += coefficients[i + 1] * row[i];
    }
    return sum;
  }

  private static double largest(double[] values) {
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }
}
