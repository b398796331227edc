package io.manta.actors.internal.memory;

import io.manta.actors.internal.memory.MemoryReading.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

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
    long kept = heap.kept();
    long unused = unusedHeap();
    List<String> memory = lines(root.resolve("proc/meminfo"));
    OptionalLong total = value(memory, "MemTotal:");
    OptionalLong free = value(memory, "MemAvailable:");
    if (total.isPresent() && free.isPresent()) {
      long used = (total.getAsLong() - free.getAsLong()) * KIB;
      add(readings, Kind.HOST, used - unused, total.getAsLong() * KIB, kept);
    }
    Path groups = root.resolve("sys/fs/cgroup");
    Path group = ownGroup(groups);
    while (group != null && group.startsWith(groups)) {
      addGroup(readings, group, unused, kept);
      group = group.getParent();
    }
    return readings;
  }

  /// Of what really is in memory.
  private long unusedHeap() {
    long resident = value(lines(root.resolve("proc/self/status")), "VmRSS:").orElse(0) * KIB;
    return Math.max(0, Math.min(heap.committed(), resident) - heap.used());
  }

  private void addGroup(List<MemoryReading> readings, Path group, long unused, long kept) {
    OptionalLong limit = value(lines(group.resolve("memory.max")), "");
    OptionalLong used = value(lines(group.resolve("memory.current")), "");
    if (limit.isPresent() && used.isPresent()) {
      List<String> parts = lines(group.resolve("memory.stat"));
      long files =
          value(parts, "inactive_file ").orElse(0) + value(parts, "active_file ").orElse(0);
      add(readings, Kind.GROUP, used.getAsLong() - files - unused, limit.getAsLong(), kept);
    }
  }

  private void add(List<MemoryReading> readings, Kind kind, long used, long limit, long kept) {
    if (limit > 0) {
      boolean inHeap = kept >= limit / 2;
      readings.add(new MemoryReading(kind, Math.max(0, used), limit, clock.getAsLong(), inHeap));
    }
  }

  /// In a container that is mostly the root, as seen from there.
  private Path ownGroup(Path groups) {
    String prefix = "0::/";
    return lines(root.resolve("proc/self/cgroup")).stream()
        .filter(line -> line.startsWith(prefix))
        .map(line -> groups.resolve(line.substring(prefix.length())).normalize())
        .filter(group -> group.startsWith(groups) && Files.isDirectory(group))
        .findFirst()
        .orElse(groups); // another system, or one without groups
  }

  /// None of a file that is not there or can't be read.
  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }

  /// The first number of the line that begins so; none where it is no number, such as `max`.
  private static OptionalLong value(List<String> lines, String prefix) {
    return lines.stream()
        .filter(line -> line.startsWith(prefix))
        .map(line -> line.substring(prefix.length()).strip().split(" ")[0])
        .filter(number -> number.matches("[0-9]{1,18}"))
        .mapToLong(Long::parseLong)
        .findFirst();
  }
}
