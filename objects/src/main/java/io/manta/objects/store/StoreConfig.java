package io.manta.objects.store;

import com.sun.management.OperatingSystemMXBean;
import io.manta.core.DataSize;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// Where a host's store is and how much it may take. All processes of a host name the same folder;
/// processes with different folders are different hosts to each other.
///
/// @param folder holds the segments; `/dev/shm/manta-<user>` by default, and a folder of that name
///   among the temporary files where the system has no shared memory
/// @param capacity of all processes of the host together; when absent that which the first of them
///   chose, and for the first 30 % of the memory that its control group allows, or nine tenths of
///   what is free on the folder's file system when that is less
/// @param spillFolder holds what did not fit in memory; among the temporary files by default
/// @param spillThreshold the part of the capacity from which the coldest objects are spilled; 0.8
///   by default
/// @param spillFile the bytes that are spilled together, in one file; 100 MiB by default
/// @param spillQuota of all processes of the host together; when absent, until a twentieth of the
///   disk is left
/// @param allocateTimeout how long an object may wait for room; 10 s by default
/// @param keepFree how long memory that no object uses is kept for the next one, unless another
///   process needs it; 10 s by default
public record StoreConfig(
    Path folder,
    Optional<DataSize> capacity,
    Path spillFolder,
    double spillThreshold,
    DataSize spillFile,
    Optional<DataSize> spillQuota,
    Duration allocateTimeout,
    Duration keepFree) {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");

  public StoreConfig {
    if (!(spillThreshold > 0 && spillThreshold <= 1)) {
      throw new IllegalArgumentException(
          "a spill threshold of " + spillThreshold + " must be above 0 and at most 1");
    }
    if (allocateTimeout.isNegative() || keepFree.isNegative()) {
      throw new IllegalArgumentException(
          "a time of " + allocateTimeout + " or " + keepFree + " must not be negative");
    }
  }

  public static StoreConfig defaults() {
    String name = "manta-" + System.getProperty("user.name");
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    Path memory = Files.isWritable(SHARED_MEMORY) ? SHARED_MEMORY : temporary;
    return new StoreConfig(
        memory.resolve(name),
        Optional.empty(),
        temporary.resolve(name + "-spill"),
        0.8,
        new DataSize(100L << 20),
        Optional.empty(),
        Duration.ofSeconds(10),
        Duration.ofSeconds(10));
  }

  /// 30 % of what this host, or this process's control group if that is less, has.
  static long defaultCapacity() {
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return system.getTotalMemorySize() / 10 * 3;
  }

  public StoreConfig withFolder(Path value) {
    return new StoreConfig(
        value,
        capacity,
        spillFolder,
        spillThreshold,
        spillFile,
        spillQuota,
        allocateTimeout,
        keepFree);
  }

  public StoreConfig withCapacity(DataSize value) {
    return new StoreConfig(
        folder,
        Optional.of(value),
        spillFolder,
        spillThreshold,
        spillFile,
        spillQuota,
        allocateTimeout,
        keepFree);
  }

  public StoreConfig withSpillFolder(Path value) {
    return new StoreConfig(
        folder, capacity, value, spillThreshold, spillFile, spillQuota, allocateTimeout, keepFree);
  }

  public StoreConfig withSpillThreshold(double value) {
    return new StoreConfig(
        folder, capacity, spillFolder, value, spillFile, spillQuota, allocateTimeout, keepFree);
  }

  public StoreConfig withSpillFile(DataSize value) {
    return new StoreConfig(
        folder,
        capacity,
        spillFolder,
        spillThreshold,
        value,
        spillQuota,
        allocateTimeout,
        keepFree);
  }

  public StoreConfig withSpillQuota(DataSize value) {
    return new StoreConfig(
        folder,
        capacity,
        spillFolder,
        spillThreshold,
        spillFile,
        Optional.of(value),
        allocateTimeout,
        keepFree);
  }

  public StoreConfig withAllocateTimeout(Duration value) {
    return new StoreConfig(
        folder, capacity, spillFolder, spillThreshold, spillFile, spillQuota, value, keepFree);
  }

  public StoreConfig withKeepFree(Duration value) {
    return new StoreConfig(
        folder,
        capacity,
        spillFolder,
        spillThreshold,
        spillFile,
        spillQuota,
        allocateTimeout,
        value);
  }
}
