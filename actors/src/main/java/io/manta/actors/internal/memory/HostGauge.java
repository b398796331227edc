package io.manta.actors.internal.memory;

import io.manta.actors.internal.memory.MemoryReading.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/// Measures the memory of the host and of the control groups (version 2) that this process is in,
/// as Linux tells it. File contents that the system keeps copies of do not count, and neither does
/// what this JVM's heap has and does not use.
final class HostGauge implements Gauge {
  private static final long KIB = 1024;

  private final Path root;
  private final LongSupplier clock;
  private final Heap heap;

  /// @param root holds `proc` and `sys`
  /// @param heap of this JVM
  HostGauge(Path root, LongSupplier clock, Heap heap) {
    this.root = root;
    this.clock = clock;
    this.heap = heap;
  }

  @Override
  public List<MemoryReading> read() {
    var readings = new ArrayList<MemoryReading>();
    long unused = unusedHeap();
    Path memory = root.resolve("proc/meminfo");
    value(memory, "MemTotal:")
        .ifPresent(
            total ->
                value(memory, "MemAvailable:")
                    .ifPresent(
                        free ->
                            add(readings, Kind.HOST, (total - free) * KIB - unused, total * KIB)));
    Path groups = root.resolve("sys/fs/cgroup");
    Path group = ownGroup(groups);
    while (group != null && group.startsWith(groups)) {
      addGroup(readings, group, unused);
      group = group.getParent();
    }
    return readings;
  }

  /// Of what really is in memory.
  private long unusedHeap() {
    long resident = value(root.resolve("proc/self/status"), "VmRSS:").orElse(0) * KIB;
    return Math.max(0, Math.min(heap.committed(), resident) - heap.used());
  }

  private void addGroup(List<MemoryReading> readings, Path group, long unused) {
    OptionalLong limit = value(group.resolve("memory.max"), "");
    OptionalLong used = value(group.resolve("memory.current"), "");
    if (limit.isPresent() && used.isPresent()) {
      Path parts = group.resolve("memory.stat");
      long files =
          value(parts, "inactive_file ").orElse(0) + value(parts, "active_file ").orElse(0);
      add(readings, Kind.GROUP, used.getAsLong() - files - unused, limit.getAsLong());
    }
  }

  private void add(List<MemoryReading> readings, Kind kind, long used, long limit) {
    if (limit > 0) {
      boolean inHeap = heap.kept() >= limit / 2;
      readings.add(new MemoryReading(kind, Math.max(0, used), limit, clock.getAsLong(), inHeap));
    }
  }

  /// In a container that is mostly the root, as seen from there.
  private Path ownGroup(Path groups) {
    String prefix = "0::/";
    try (Stream<String> lines = Files.lines(root.resolve("proc/self/cgroup"))) {
      return lines
          .filter(line -> line.startsWith(prefix))
          .map(line -> groups.resolve(line.substring(prefix.length())).normalize())
          .filter(group -> group.startsWith(groups) && Files.isDirectory(group))
          .findFirst()
          .orElse(groups);
    } catch (IOException | UncheckedIOException e) {
      return groups; // another system, or one without groups
    }
  }

  /// The first number of the line that begins so; none where it is no number, such as `max`.
  private static OptionalLong value(Path file, String prefix) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(prefix))
          .map(line -> line.substring(prefix.length()).strip().split(" ")[0])
          .filter(number -> number.matches("[0-9]{1,18}"))
          .mapToLong(Long::parseLong)
          .findFirst();
    } catch (IOException | UncheckedIOException e) {
      return OptionalLong.empty();
    }
  }
}
