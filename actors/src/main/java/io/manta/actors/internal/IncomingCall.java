package io.manta.actors.internal;

import io.manta.core.ActorDiedException;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.objects.ValueCodec;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// A call of another process on an actor that lives here.
final class IncomingCall implements HostedCall {
  private record Key(NodeId caller, long number) {}

  /// Calls that wait or run, to reach them for a cancel.
  static final class Table {
    private final ConcurrentHashMap<Key, IncomingCall> calls = new ConcurrentHashMap<>();

    void cancel(NodeId from, Message.CancelCall message) {
      IncomingCall call = calls.get(new Key(from, message.number()));
      if (call != null) {
        call.cancel();
      }
    }

    /// The caller is gone: nobody takes the values of its streams any more.
    void callerGone(NodeId caller) {
      calls.forEach(
          (key, call) -> {
            if (key.caller.equals(caller) && call.emitter != null) {
              call.cancel();
            }
          });
    }

    void credit(NodeId from, Message.CallCredit message) {
      IncomingCall call = calls.get(new Key(from, message.number()));
      ItemEmitter giving = call == null ? null : call.emitter;
      if (giving != null) {
        giving.mayGive(message.values());
      }
    }
  }

  private final MantaRuntime runtime;
  private final Table table;
  private final NodeId caller;
  private final Message.CallActor message;
  private final ValueCodec codec;
  private final Capture body;
  private volatile boolean cancelled;
  private volatile @Nullable Runnable interrupt;
  private volatile @Nullable ItemEmitter emitter;

  private IncomingCall(
      MantaRuntime runtime, Table table, NodeId caller, Message.CallActor message) {
    this.runtime = runtime;
    this.table = table;
    this.caller = caller;
    this.message = message;
    this.codec = runtime.cluster().codec(message.job());
    this.body = Capture.of(message.body(), "call");
  }

  static void receive(MantaRuntime runtime, Table table, NodeId caller, Message.CallActor message) {
    ActorCell cell = runtime.actors().hosted(message.actor());
    if (cell == null || cell.spec().incarnation() != message.incarnation()) {
      runtime
          .cluster()
          .send(
              caller,
              new Message.NotHere(message.actor(), message.incarnation(), message.number()));
      return;
    }
    var call = new IncomingCall(runtime, table, caller, message);
    table.calls.put(new Key(caller, message.number()), call);
    runtime.objects().copyAhead(message.body(), message.attached());
    cell.enqueue(call);
  }

  private void cancel() {
    cancelled = true;
    Runnable running = interrupt;
    if (running != null) {
      running.run();
    }
  }

  @Override
  public Capture body() {
    return body;
  }

  @Override
  public ValueCodec codec() {
    return codec;
  }

  @Override
  public JobId job() {
    return message.job();
  }

  @Override
  public String group() {
    return message.group();
  }

  @Override
  public boolean wanted() {
    return !cancelled;
  }

  @Override
  public void running(Runnable interruption) {
    interrupt = interruption;
    if (cancelled) {
      interruption.run();
    }
  }

  @Override
  public void emits(ItemEmitter giving) {
    emitter = giving;
  }

  @Override
  public void item(long index, StoredValue value) {
    runtime
        .cluster()
        .send(
            caller,
            new Message.CallItem(
                message.actor(), message.number(), index, runtime.objects().payload(value, codec)));
  }

  @Override
  public void succeeded(StoredValue value) {
    answer(Message.Result.of(runtime.objects().payload(value, codec)));
  }

  @Override
  public void failed(MantaException failure) {
    if (endsWithNode(failure)) {
      forget(); // its caller takes it for dead with this node, and may repeat it
    } else {
      answer(Message.Result.of(failure));
    }
  }

  private boolean endsWithNode(MantaException failure) {
    return runtime.isClosed()
        && failure instanceof ActorDiedException died
        && died.reason() == ActorDiedException.Reason.RUNTIME_CLOSED;
  }

  @Override
  public void elsewhere() {
    forget();
    runtime
        .cluster()
        .send(
            caller, new Message.NotHere(message.actor(), message.incarnation(), message.number()));
  }

  private void forget() {
    table.calls.remove(new Key(caller, message.number()));
    body.close(runtime.objects());
  }

  private void answer(Message.Result result) {
    forget();
    runtime.cluster().send(caller, new Message.CallDone(message.actor(), message.number(), result));
  }
}
