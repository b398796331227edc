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
    return new HostGauge(root, () -> 7, heap).read();
  }

  private static final class FakeHeap implements Heap {
    private long used;
    private long committed;
    private long kept;

    @Override
    public long used() {
      return used;
    }

    @Override
    public long most() {
      return committed;
    }

    @Override
    public long committed() {
      return committed;
    }

    @Override
    public void collect() {
      throw new AssertionError("the host is only looked at");
    }

    @Override
    public long kept() {
      return kept;
    }
  }

  private final FakeHeap heap = new FakeHeap();

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

    assertThat(read())
        .containsExactly(new MemoryReading(Kind.HOST, 600 << 10, 1000 << 10, 7, false));
  }

  @Test
  void shouldReadTheGroupOfAContainerWithoutItsFiles() throws IOException {
    host();
    file("proc/self/cgroup", "0::/\n");
    group("sys/fs/cgroup", "2000", 1500, 400);

    assertThat(read()).contains(new MemoryReading(Kind.GROUP, 1099, 2000, 7, false));
  }

  @Test
  void shouldReadAllGroupsThatItIsIn() throws IOException {
    file("proc/self/cgroup", "4:memory:/other\n0::/user.slice/app.scope\n");
    group("sys/fs/cgroup/user.slice", "3000", 900, 0);
    group("sys/fs/cgroup/user.slice/app.scope", "2000", 800, 0);

    assertThat(read())
        .containsExactly(
            new MemoryReading(Kind.GROUP, 799, 2000, 7, false),
            new MemoryReading(Kind.GROUP, 899, 3000, 7, false));
  }

  @Test
  void shouldNotCountWhatTheHeapHasInMemoryAndDoesNotUse() throws IOException {
    host();
    file("proc/self/status", "VmPeak: 900 kB\nVmRSS:\t 300 kB\n");
    heap.committed = 800 << 10;
    heap.used = 100 << 10;

    assertThat(read())
        .containsExactly(new MemoryReading(Kind.HOST, 400 << 10, 1000 << 10, 7, false));
  }

  @Test
  void shouldTellWhenTheHeapMakesUpMostOfIt() throws IOException {
    host();
    heap.kept = 501 << 10;

    assertThat(read()).extracting(MemoryReading::inHeap).containsExactly(true);
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
    assertThat(new HostGauge(Path.of("/"), System::nanoTime, Heap.ofThisJvm()).read())
        .anySatisfy(
            reading -> {
              assertThat(reading.kind()).isEqualTo(Kind.HOST);
              assertThat(reading.part()).isBetween(0.001, 1.0);
            });
  }
}
