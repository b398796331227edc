package io.manta.actors.internal.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.internal.memory.MemoryReading.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class HostGaugeTest {
  @TempDir private Path root;

  private void file(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private List<MemoryReading> read() {
    return new HostGauge(root, () -> 7).read();
  }

  private void host() throws IOException {
    file(
        "proc/meminfo",
        "MemTotal:       1000 kB\nMemFree:           1 kB\nMemAvailable:     400 kB\n");
  }

  private void group(String path, String limit, long used, long files) throws IOException {
    file(path + "/memory.max", limit + "\n");
    file(path + "/memory.current", used + "\n");
    file(path + "/memory.stat", "anon 5\nfile 99\ninactive_file " + files + "\nactive_file 1\n");
  }

  @Test
  void shouldNotCountWhatTheHostCanTakeBack() throws IOException {
    host();

    assertThat(read()).containsExactly(new MemoryReading(Kind.HOST, 600 << 10, 1000 << 10, 7));
  }

  @Test
  void shouldReadTheGroupOfAContainerWithoutItsFiles() throws IOException {
    host();
    file("proc/self/cgroup", "0::/\n");
    group("sys/fs/cgroup", "2000", 1500, 400);

    assertThat(read()).contains(new MemoryReading(Kind.GROUP, 1100, 2000, 7));
  }

  @Test
  void shouldReadAllGroupsThatItIsIn() throws IOException {
    file("proc/self/cgroup", "4:memory:/other\n0::/user.slice/app.scope\n");
    group("sys/fs/cgroup/user.slice", "3000", 900, 0);
    group("sys/fs/cgroup/user.slice/app.scope", "2000", 800, 0);

    assertThat(read())
        .containsExactly(
            new MemoryReading(Kind.GROUP, 800, 2000, 7),
            new MemoryReading(Kind.GROUP, 900, 3000, 7));
  }

  @Test
  void shouldSkipAGroupWithoutALimit() throws IOException {
    host();
    file("proc/self/cgroup", "0::/\n");
    group("sys/fs/cgroup", "max", 1500, 400);

    assertThat(read()).extracting(MemoryReading::kind).containsExactly(Kind.HOST);
  }

  @Test
  void shouldMeasureNothingOnASystemThatDoesNotTell() {
    assertThat(read()).isEmpty();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldMeasureThisHost() {
    assertThat(new HostGauge(Path.of("/"), System::nanoTime).read())
        .anySatisfy(
            reading -> {
              assertThat(reading.kind()).isEqualTo(Kind.HOST);
              assertThat(reading.part()).isBetween(0.001, 1.0);
            });
  }
}
