package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.DataSize;
import io.manta.core.ObjectUsage;
import io.manta.core.Resources;
import io.manta.objects.store.StoreConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/// A cluster in this JVM whose processes are on different hosts as far as their object stores go.
/// Each node has 100 of a resource with the name of its host, and a gpu.
final class Hosts implements AutoCloseable {
  private final Path folder;
  private final List<Manta> processes = new ArrayList<>();

  /// @param folder where the stores are
  Hosts(Path folder) {
    this.folder = folder;
  }

  private StoreConfig store(String host, DataSize capacity) {
    return StoreConfig.defaults()
        .withFolder(folder.resolve(host))
        .withSpillFolder(folder.resolve(host + "-spill"))
        .withCapacity(capacity)
        .withAllocateTimeout(Duration.ofSeconds(2));
  }

  Manta node(String host) {
    return node(host, new DataSize(256 << 20));
  }

  /// @param capacity of the host's store
  Manta node(String host, DataSize capacity) {
    MantaConfig config =
        MantaConfig.defaults()
            .withCpus(2)
            .withPort(0)
            .withStore(store(host, capacity))
            .withResource(host, 100)
            .withResource(Resources.GPU, 1)
            .withJoinTimeout(Duration.ofSeconds(60));
    Manta node =
        Manta.start(
            processes.isEmpty()
                ? config
                : config.withAddresses(List.of(processes.getFirst().address().orElseThrow())));
    processes.add(node);
    return node;
  }

  Manta driver(String host) {
    return driver(host, new DataSize(256 << 20));
  }

  /// @param capacity of the host's store
  Manta driver(String host, DataSize capacity) {
    return driver(host, config -> config.withStore(store(host, capacity)));
  }

  Manta driver(String host, UnaryOperator<MantaConfig> settings) {
    int nodes = processes.size();
    Manta driver =
        Manta.connect(
            settings.apply(
                MantaConfig.defaults()
                    .withStore(store(host, new DataSize(256 << 20)))
                    .withAddresses(List.of(processes.getFirst().address().orElseThrow()))));
    processes.add(driver);
    await().until(() -> driver.nodes().size() == nodes);
    return driver;
  }

  /// What all processes that are not closed keep.
  ObjectUsage usage() {
    return processes.stream()
        .filter(process -> !process.whenClosed().toCompletableFuture().isDone())
        .map(Manta::objectUsage)
        .reduce(ObjectUsage.NONE, ObjectUsage::plus);
  }

  void nothingIsKept() {
    Eventually.afterCollections(() -> assertThat(usage()).isEqualTo(ObjectUsage.NONE));
  }

  @Override
  public void close() {
    processes.reversed().forEach(Manta::close);
  }
}
