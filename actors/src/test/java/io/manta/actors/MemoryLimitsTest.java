package io.manta.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.ConfigurationException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class MemoryLimitsTest {
  private static MemoryLimits set(String key, String value) {
    return MantaConfig.defaults().withSetting(key, value, "a test").memoryLimits();
  }

  @Test
  void shouldLookFourTimesASecondAndFailTasksAsRayDoes() {
    assertThat(MantaConfig.defaults().memoryLimits())
        .isEqualTo(new MemoryLimits(Duration.ofMillis(250), 0.9, 0.95));
  }

  @Test
  void shouldReadEachSetting() {
    assertThat(set("memory-check", "0").interval()).isZero();
    assertThat(set("memory-check", "1s").interval()).isEqualTo(Duration.ofSeconds(1));
    assertThat(set("memory-admission", "0.7").admission()).isEqualTo(0.7);
    assertThat(set("memory-threshold", "1").threshold()).isEqualTo(1);
  }

  @Test
  void shouldNameTheSettingThatIsWrong() {
    assertThatThrownBy(() -> set("memory-threshold", "95"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("memory-threshold of 95.0 must be above 0 and at most 1");
    assertThatThrownBy(() -> set("memory-admission", "0"))
        .hasMessageContaining("memory-admission of 0.0");
    assertThatThrownBy(() -> MemoryLimits.defaults().withThreshold(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> MemoryLimits.defaults().withInterval(Duration.ofSeconds(-1)))
        .hasMessageContaining("memory-check of PT-1S must not be negative");
  }
}
