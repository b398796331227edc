package io.manta.benchmarks.internal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.manta.benchmarks.internal.AnswerActor.Round;
import io.manta.benchmarks.internal.CountingActor.Answer;
import io.manta.benchmarks.internal.CountingActor.Call;
import io.manta.core.RemoteFunction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Address;
import org.apache.pekko.pattern.Patterns;

/// A system of Pekko's with an actor that counts, or with the way to one in another process. For
/// one thread.
public final class PekkoPeer implements AutoCloseable {
  private static final String SYSTEM = "bench";
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final RemoteFunction<Counter, Integer> NO_OP = Counter::noOp;
  private static final RemoteFunction<Counter, Integer> CALLS = Counter::calls;

  private final ActorSystem system;
  private final ActorRef server;
  private final ActorRef answers;
  private long number;
  private int calls;

  private PekkoPeer(ActorSystem system, ActorRef server) {
    this.system = system;
    this.server = server;
    this.answers = system.actorOf(AnswerActor.props());
  }

  /// The actor lives in this process, which has no port.
  public static PekkoPeer local() {
    ActorSystem system = ActorSystem.create(SYSTEM, settings("pekko.actor.provider=local"));
    return new PekkoPeer(system, server(system));
  }

  /// The actor lives in this process, at a port of its own.
  public static PekkoPeer listening() {
    ActorSystem system = remote();
    return new PekkoPeer(system, server(system));
  }

  /// The actor lives in another process, which listens there.
  public static PekkoPeer connected(String address) throws Exception {
    ActorSystem system = remote();
    try {
      ActorRef server =
          await(
              system
                  .actorSelection("pekko://%s@%s/user/%s".formatted(SYSTEM, address, name()))
                  .resolveOne(LIMIT)
                  .toCompletableFuture());
      return new PekkoPeer(system, server);
    } catch (Exception e) {
      end(system);
      throw e;
    }
  }

  private static String name() {
    return CountingActor.NAME;
  }

  private static ActorSystem remote() {
    return ActorSystem.create(SYSTEM, settings("pekko.actor.provider=remote"));
  }

  private static ActorRef server(ActorSystem system) {
    return system.actorOf(CountingActor.props(), CountingActor.NAME);
  }

  private static Config settings(String more) {
    return ConfigFactory.load(
        ConfigFactory.parseString(more)
            .withFallback(ConfigFactory.parseResources("bench-pekko.conf")));
  }

  /// `host:port`.
  public String address() {
    Address own = system.provider().getDefaultAddress();
    return own.getHost().get() + ":" + own.getPort().get();
  }

  /// One no-op, asked for and awaited.
  public int ask() throws Exception {
    check(await(asked(NO_OP)));
    return 1;
  }

  /// So many no-ops asked for, and then all of their answers.
  public int askMany(int count) throws Exception {
    var asked = new ArrayList<CompletableFuture<Object>>(count);
    for (int i = 0; i < count; i++) {
      asked.add(asked(NO_OP));
    }
    for (var answer : asked) {
      check(await(answer));
    }
    return count;
  }

  /// So many no-ops told; an actor takes all of their answers.
  public int tellMany(int count) throws Exception {
    var round = new Round(count, new CompletableFuture<>());
    answers.tell(round, ActorRef.noSender());
    for (int i = 0; i < count; i++) {
      server.tell(next(NO_OP), answers);
    }
    return await(round.done());
  }

  /// @throws IllegalStateException when the actor has not counted the calls that were made here
  public void checkCalls() throws Exception {
    int made = calls;
    if (!(await(asked(CALLS)) instanceof Answer(long ignored, int counted)) || counted != made) {
      throw new IllegalStateException("an actor of Pekko called " + made + " times counts as many");
    }
  }

  private CompletableFuture<Object> asked(RemoteFunction<Counter, Integer> method) {
    return Patterns.ask(server, next(method), LIMIT).toCompletableFuture();
  }

  private Call next(RemoteFunction<Counter, Integer> method) {
    calls++;
    return new Call(++number, method);
  }

  private static void check(Object answer) {
    if (!(answer instanceof Answer(long ignored, int value)) || value != Counter.ANSWER) {
      throw wrong(answer);
    }
  }

  static IllegalStateException wrong(Object answer) {
    return new IllegalStateException("an actor of Pekko answers 7, not " + answer);
  }

  private static <T> T await(Future<T> answer)
      throws InterruptedException, ExecutionException, TimeoutException {
    return answer.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() throws Exception {
    end(system);
  }

  private static void end(ActorSystem system) throws Exception {
    system.terminate();
    await(system.getWhenTerminated().toCompletableFuture());
  }
}
