package io.manta.objects.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.DataSize;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class StoreConfigTest {
  @Test
  void shouldHaveTheDocumentedDefaults() {
    StoreConfig defaults = StoreConfig.defaults();
    assertThat(defaults.folder().getFileName())
        .hasToString("manta-" + System.getProperty("user.name"));
    assertThat(defaults.capacity()).isEmpty();
    assertThat(defaults.spillFolder().getFileName())
        .hasToString("manta-" + System.getProperty("user.name") + "-spill");
    assertThat(defaults.spillThreshold()).isEqualTo(0.8);
    assertThat(defaults.spillFile()).isEqualTo(DataSize.parse("100MiB"));
    assertThat(defaults.spillQuota()).isEmpty();
    assertThat(defaults.allocateTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(defaults.keepFree()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void shouldRefuseWhatCannotBe() {
    StoreConfig defaults = StoreConfig.defaults();
    assertThatThrownBy(() -> defaults.withSpillThreshold(1.1)).hasMessageContaining("1.1");
    assertThatThrownBy(() -> defaults.withAllocateTimeout(Duration.ofSeconds(-1)))
        .hasMessageContaining("PT-1S");
  }
}
