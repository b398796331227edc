package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.manta.actors.MantaConfig;
import io.manta.core.ByteArray;
import io.manta.core.DataSize;
import io.manta.core.ObjectRef;
import io.manta.objects.store.StoreConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The processes of one host read a large value from the same memory.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class SharedMemoryTest {
  private static final int SIZE = 5 << 20;

  /// What a node read, and keeps: the view stays open after the task.
  private static volatile List<ByteArray> held = List.of();

  /// A view of the value in one process.
  ///
  /// @param address of its first byte there
  record Reading(long process, long address, long sum) {}

  /// The memory of a process that one line of `/proc/PID/maps` tells of.
  ///
  /// @param file device and inode, which name the file for good
  record Mapped(long start, long end, String access, String file, String path) {
    static Mapped parse(String line) {
      String[] words = line.split(" +", 6);
      String[] range = words[0].split("-");
      return new Mapped(
          Long.parseUnsignedLong(range[0], 16),
          Long.parseUnsignedLong(range[1], 16),
          words[1],
          words[3] + " " + words[4],
          words.length < 6 ? "" : words[5]);
    }

    static Mapped of(Reading reading) throws IOException {
      try (var lines = Files.lines(Path.of("/proc", "" + reading.process(), "maps"))) {
        return lines
            .map(Mapped::parse)
            .filter(mapped -> mapped.start <= reading.address() && reading.address() < mapped.end)
            .findFirst()
            .orElseThrow();
      }
    }
  }

  @TempDir private Path folder;

  static Reading read(ObjectRef<List<ByteArray>> ref) {
    held = ref.get();
    ByteArray array = held.getFirst();
    long sum = 0;
    for (long i = 0; i < array.length(); i++) {
      sum += array.get(i);
    }
    return new Reading(ProcessHandle.current().pid(), array.segment().address(), sum);
  }

  @Test
  void shouldReadTheSameMemoryWhenTasksOnTwoNodesGetALargeValue() throws IOException {
    assumeTrue(Files.exists(Path.of("/proc/self/maps")), "a system with /proc");
    MantaConfig config =
        MantaConfig.defaults()
            .withCpus(1)
            .withStore(
                StoreConfig.defaults()
                    .withFolder(folder.resolve("store"))
                    .withSpillFolder(folder.resolve("spill"))
                    .withCapacity(new DataSize(64 << 20)));
    try (var cluster = ProcessCluster.start(2, config);
        var driver = cluster.connect()) {
      byte[] ones = new byte[SIZE];
      Arrays.fill(ones, (byte) 1);
      ObjectRef<List<ByteArray>> ref = driver.put(new ArrayList<>(List.of(ByteArray.copyOf(ones))));
      var readings = new ArrayList<Reading>();
      for (ProcessCluster.Node node : cluster.nodes()) {
        readings.add(driver.task(() -> read(ref)).onNode(node.id()).submit().get());
      }

      Mapped first = Mapped.of(readings.get(0));
      Mapped second = Mapped.of(readings.get(1));

      assertThat(readings).extracting(Reading::sum).containsOnly((long) SIZE);
      assertThat(readings).extracting(Reading::process).doesNotHaveDuplicates();
      assertThat(first.path()).contains("segment-");
      assertThat(first.access()).isEqualTo("r--s");
      assertThat(second.access()).isEqualTo("r--s");
      assertThat(second.path()).isEqualTo(first.path());
      assertThat(second.file()).isEqualTo(first.file());
    }
  }
}
