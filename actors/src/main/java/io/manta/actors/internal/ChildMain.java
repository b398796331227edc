package io.manta.actors.internal;

import io.manta.actors.MantaConfig;
import io.manta.core.CancelOptions;
import io.manta.core.NodeId;
import io.manta.core.RemoteCallable;
import io.manta.core.RemoteGenerator;
import io.manta.core.Resources;
import io.manta.core.TaskContext;
import io.manta.core.WaitCycleException;
import io.manta.objects.ValueCodec;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The process of isolated tasks: it runs one after another, and ends with its node, whatever way
/// that ends.
public final class ChildMain {
  /// What a process ends with whose node is gone.
  private static final int NODE_GONE = 143;

  private final MantaRuntime runtime;
  private final ChildHost host;
  private @Nullable Thread thread;
  private @Nullable CurrentCall call;
  private @Nullable ChildActor actor;

  private ChildMain(NodeId node, Set<String> packages, Socket socket) {
    var made = new AtomicReference<ChildHost>();
    this.runtime =
        new MantaRuntime(
            MantaConfig.defaults()
                .withResources(Resources.NONE)
                .withSerializationPackages(packages),
            NodeId.random(),
            true,
            runtime -> {
              made.set(new ChildHost(runtime, node, socket));
              return made.get();
            });
    this.host = made.get();
  }

  /// Reads from its input where its node listens, what to say there, and what may be in values.
  public static void main(String[] arguments) throws IOException {
    var input = new DataInputStream(System.in);
    int port = input.readInt();
    String token = input.readUTF();
    var node = new NodeId(input.readLong());
    Set<String> packages =
        Stream.of(input.readUTF().split(","))
            .filter(name -> !name.isEmpty())
            .collect(Collectors.toSet());
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    new DataOutputStream(socket.getOutputStream()).writeUTF(token);
    new ChildMain(node, packages, socket).begin();
  }

  private void begin() {
    host.pipe()
        .start(
            Thread.ofPlatform().name("manta-pipe-", 0).factory(),
            this::receive,
            () -> Runtime.getRuntime().halt(NODE_GONE));
    host.pipe().send(new ChildMessage.Ready());
  }

  private void receive(ChildMessage message) {
    switch (message) {
      case ChildMessage.Run run -> start(run);
      case ChildMessage.Interrupt interrupt -> interrupt(interrupt.call());
      case ChildMessage.BreakWait cycle -> breakWait(cycle.reason());
      case ChildMessage.Answer answer -> host.answered(answer);
      default -> throw new IllegalStateException("a node sent " + message.getClass());
    }
  }

  private synchronized void start(ChildMessage.Run run) {
    Thread started =
        Thread.ofPlatform().name(run.context().name()).unstarted(() -> finish(perform(run)));
    thread = started;
    started.start();
  }

  private synchronized void interrupt(long number) {
    if (actor != null && number > 0) {
      actor.interrupt(number);
    } else if (thread != null) {
      thread.interrupt();
    }
    if (call != null) {
      call.cancelChildren(CancelOptions.defaults());
    }
  }

  private synchronized void breakWait(String reason) {
    if (call != null) {
      call.breakWait(new WaitCycleException(reason));
    }
  }

  private void finish(ChildMessage.Outcome result) {
    synchronized (this) {
      thread = null;
      call = null;
    }
    host.pipe().send(new ChildMessage.Done(result));
  }

  private ChildMessage.Outcome perform(ChildMessage.Run run) {
    TaskContext context = run.context();
    String what = Failed.task(context.name(), context.task());
    try {
      ValueCodec codec = host.codec(context.job(), run.jars());
      Thread.currentThread().setContextClassLoader(codec.classes().loader());
      var current =
          new CurrentCall(
              runtime,
              context,
              context.task(),
              new ParentClient(runtime, host).new Held(),
              Setting.NONE,
              ref -> false);
      synchronized (this) {
        call = current;
      }
      Payload result =
          ScopedValue.where(CurrentCall.CURRENT, current)
              .call(
                  () -> {
                    runtime.startUps().run(context.job(), run.startUp(), codec);
                    Object closure = Payload.ofWire(run.body()).decode(codec);
                    return Payload.encode(run(closure, codec, run.incarnation(), current), codec);
                  });
      return ChildMessage.Outcome.of(result);
    } catch (Throwable e) {
      return ChildMessage.Outcome.of(Failed.of(what, context.node(), e));
    }
  }

  @SuppressWarnings("unchecked")
  private @Nullable Object run(
      @Nullable Object closure,
      ValueCodec codec,
      Optional<ChildMessage.Incarnation> incarnation,
      CurrentCall current)
      throws Exception {
    if (incarnation.isPresent() && closure instanceof RemoteCallable<?> constructor) {
      var living = new ChildActor(runtime, host, current, incarnation.get());
      synchronized (this) {
        actor = living;
      }
      living.live(constructor);
      return null;
    }
    if (closure instanceof RemoteGenerator<?> generator) {
      ((RemoteGenerator<@Nullable Object>) generator)
          .run(value -> host.ask(new ChildMessage.Give(Payload.encode(value, codec).toWire())));
      return null;
    }
    return closure == null ? null : ((RemoteCallable<?>) closure).call();
  }
}
