package io.manta.serve.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.ObjectRef;
import io.manta.serve.Application;
import io.manta.serve.Deployment;
import io.manta.serve.DeploymentHandle;
import io.manta.serve.Serve;
import io.manta.serve.internal.Records.ApplicationRecord;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/// An application that this process runs. Owns its replicas and the router of its handles.
final class RunningApplication implements Application {
  private final Manta manta;
  private final Deployment<?, ?> deployment;
  private final ApplicationRecord record;
  private final Map<String, ActorHandle<Replica>> replicas;
  private final ScheduledExecutorService timer;
  private final ExecutorService background = Executors.newVirtualThreadPerTaskExecutor();
  private final Router<ActorHandle<Replica>> router;
  private boolean closed;

  /// Takes over replicas that have answered.
  RunningApplication(
      Manta manta,
      Deployment<?, ?> deployment,
      ApplicationRecord record,
      Map<String, ActorHandle<Replica>> replicas) {
    this.manta = manta;
    this.deployment = deployment;
    this.record = record;
    this.replicas = Map.copyOf(replicas);
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("manta-serve-" + record.name()).factory());
    this.router =
        new Router<>(
            record.name(),
            record.limits(),
            record.replicas(),
            new OwnedConnector(this.replicas),
            Timer.of(timer),
            background,
            System::nanoTime);
    // Whoever closes the runtime alone should not keep threads, nor calls that never end.
    manta.whenClosed().thenRun(this::release);
  }

  /// The handles are known here and stay the same over restarts.
  private record OwnedConnector(Map<String, ActorHandle<Replica>> replicas)
      implements Connector<ActorHandle<Replica>> {
    @Override
    public Optional<ActorHandle<Replica>> find(String name) {
      return Optional.ofNullable(replicas.get(name));
    }

    @Override
    public CompletionStage<?> probe(ActorHandle<Replica> replica) {
      return replica.call(new ReplicaCalls.Ping()).toCompletionStage();
    }
  }

  @Override
  public String name() {
    return record.name();
  }

  @Override
  public URI url() {
    List<URI> fronts = Serve.addresses(manta);
    if (fronts.isEmpty()) {
      throw new ClusterUnavailableException("no node serves HTTP");
    }
    return fronts.getFirst().resolve(record.route());
  }

  @Override
  public <I extends @Nullable Object, O extends @Nullable Object> DeploymentHandle<I, O> handle(
      Deployment<I, O> asked) {
    if (!asked.constructor().equals(deployment.constructor())) {
      throw new IllegalArgumentException(
          asked + " is not what application '" + name() + "' serves: " + deployment);
    }
    return request -> {
      CompletableFuture<O> answer =
          router.call(replica -> RunningApplication.<O>call(replica, request));
      return answer.minimalCompletionStage();
    };
  }

  @SuppressWarnings("unchecked") // the replica runs the handler of a deployment of these types
  private static <O extends @Nullable Object> ObjectRef<O> call(
      ActorHandle<Replica> replica, @Nullable Object request) {
    return (ObjectRef<O>) replica.call(new ReplicaCalls.Call(request));
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    Deployer.withdraw(manta, record, replicas.values());
    release();
  }

  /// Ends what this process keeps for the handles. Doing so twice is harmless.
  private void release() {
    router.close();
    timer.shutdownNow();
    background.shutdownNow();
  }

  @Override
  public String toString() {
    return "application '" + name() + "' at " + record.route();
  }
}
