package io.manta.samples.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LogisticRegressionTest {
  private static final double L2 = 1e-4;

  @Test
  void shouldFindTheWeightsThatMadeTheLabels() {
    double[] truth = {4, -3, 2, 0, 1};
    var random = new Random(7);
    float[][] rows = new float[20_000][];
    boolean[] positive = new boolean[rows.length];
    for (int r = 0; r < rows.length; r++) {
      rows[r] = unitVector(random, truth.length);
      double sum = 0.5;
      for (int i = 0; i < truth.length; i++) {
        sum += truth[i] * rows[r][i];
      }
      positive[r] = random.nextDouble() < 1 / (1 + Math.exp(-sum));
    }

    var fitted = LogisticRegression.fit(rows, positive, L2);

    assertThat(fitted.bias()).isCloseTo(0.5, within(0.2));
    for (int i = 0; i < truth.length; i++) {
      assertThat(fitted.weight(i)).as("weight " + i).isCloseTo(truth[i], within(0.2));
    }
  }

  @Test
  void shouldGiveTheSameWeightsEachTime() {
    var random = new Random(1);
    float[][] rows = new float[200][];
    boolean[] positive = new boolean[rows.length];
    for (int r = 0; r < rows.length; r++) {
      rows[r] = unitVector(random, 8);
      positive[r] = rows[r][0] + rows[r][1] > 0;
    }

    var first = LogisticRegression.fit(rows, positive, L2);
    var second = LogisticRegression.fit(rows, positive, L2);

    assertThat(first.bias()).isEqualTo(second.bias());
    for (int i = 0; i < 8; i++) {
      assertThat(first.weight(i)).isEqualTo(second.weight(i));
    }
    assertThat(first.isPositive(new float[] {1, 0, 0, 0, 0, 0, 0, 0})).isTrue();
    assertThat(first.isPositive(new float[] {0, -1, 0, 0, 0, 0, 0, 0})).isFalse();
  }

  private static float[] unitVector(Random random, int dimensions) {
    float[] vector = new float[dimensions];
    double squares = 0;
    for (int i = 0; i < dimensions; i++) {
      vector[i] = (float) random.nextGaussian();
      squares += vector[i] * vector[i];
    }
    for (int i = 0; i < dimensions; i++) {
      vector[i] /= (float) Math.sqrt(squares);
    }
    return vector;
  }
}
