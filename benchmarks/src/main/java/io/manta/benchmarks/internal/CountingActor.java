package io.manta.benchmarks.internal;

import io.manta.core.RemoteFunction;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.Props;

/// An actor of Pekko that applies the functions it is sent to its [Counter], and answers.
final class CountingActor extends AbstractActor {
  static final String NAME = "counter";

  private final Counter counter = new Counter();

  /// What calls and answers have in common.
  sealed interface Numbered {
    long number();
  }

  record Call(long number, RemoteFunction<Counter, Integer> method) implements Numbered {}

  record Answer(long number, int value) implements Numbered {}

  static Props props() {
    return Props.create(CountingActor.class, CountingActor::new);
  }

  @Override
  public Receive createReceive() {
    return receiveBuilder().match(Call.class, this::run).build();
  }

  private void run(Call call) throws Exception {
    int value = call.method().apply(counter);
    getSender().tell(new Answer(call.number(), value), getSelf());
  }
}
