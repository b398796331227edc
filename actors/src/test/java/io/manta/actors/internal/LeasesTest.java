package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.manta.actors.MantaConfig;
import io.manta.core.NodeId;
import io.manta.core.RemoteCallable;
import io.manta.core.Resources;
import io.manta.core.TaskOptions;
import io.manta.scheduler.LeaseRequest;
import io.manta.scheduler.Shape;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a driver sends under its leases.
@Timeout(30)
class LeasesTest {
  private static final NodeId NODE = new NodeId(5);
  private static final long MILLI = 1_000_000;

  private final RecordingHost[] host = new RecordingHost[1];
  private final MantaRuntime driver =
      new MantaRuntime(
          MantaConfig.defaults(),
          NodeId.random(),
          true,
          made -> {
            host[0] = new RecordingHost(made);
            return host[0];
          });
  private final List<LeaseRequest> requests = new CopyOnWriteArrayList<>();
  private final Leases leases = new Leases(driver, requests::add);
  private final Shape shape = Shape.of(driver.job(), Resources.cpus(1));

  @AfterEach
  void close() {
    driver.close();
  }

  private void submit(int count) {
    submit(count, TaskOptions.defaults());
  }

  /// All of the same code.
  private void submit(int count, TaskOptions options) {
    for (int i = 0; i < count; i++) {
      RemoteCallable<Integer> body = () -> 7;
      var task =
          new SubmittedTask(
              driver,
              options,
              Capture.of(Payload.encode(body, driver.codec()), "task"),
              driver.newRef());
      driver.admission().submit(task);
    }
  }

  private void granted(long lease, int slots) {
    leases.granted(NODE, new Message.LeaseGranted(lease, shape, slots));
    await().until(() -> sent().size() >= slots);
  }

  private List<Message.RunTask> sent() {
    return host[0].sent().stream()
        .filter(Message.RunTask.class::isInstance)
        .map(Message.RunTask.class::cast)
        .toList();
  }

  private void done(Message.RunTask task, long nanos) {
    leases.done(
        NODE,
        new Message.TaskDone(
            task.lease(),
            task.task(),
            task.attempt(),
            nanos,
            Message.Result.of(Payload.encode(7, driver.codec()))));
  }

  @Test
  void shouldSendNoMoreThanThereAreSlotsWhileNobodyKnowsWhatTasksTake() {
    submit(20);
    granted(1, 8);
    leases.pump(shape);

    assertThat(sent()).hasSize(8);
  }

  @Test
  void shouldSendShortTasksAheadAndStopWhenOneTakesLong() {
    submit(100);
    granted(1, 1);
    done(sent().getFirst(), MILLI / 10);
    assertThat(sent()).hasSizeGreaterThan(10);

    for (Message.RunTask task : sent().subList(2, sent().size())) {
      leases.refused(
          NODE, new Message.TaskRefused(task.lease(), task.task(), task.attempt(), true));
    }
    int before = sent().size();
    granted(2, 1);
    await().until(() -> sent().size() > before);
    leases.pump(shape);

    assertThat(sent()).hasSize(before + 1);
  }

  @Test
  void shouldReturnALeaseThatItHasNoWorkForWhileOtherWorkWaits() {
    submit(1);
    granted(1, 1);
    done(sent().getFirst(), MILLI);
    leases.pump(shape);
    assertThat(host[0].sent()).doesNotHaveAnyElementsOfTypes(Message.ReturnLease.class);

    Resources more = Resources.cpus(2);
    submit(1, TaskOptions.defaults().withResources(more));
    leases.pump(Shape.of(driver.job(), more));

    await().untilAsserted(() -> assertThat(host[0].sent()).contains(new Message.ReturnLease(1)));
  }

  @Test
  void shouldKeepALeaseWhileMoreWorkOfItsShapeWaits() {
    submit(2);
    granted(1, 1);
    Resources more = Resources.cpus(2);
    submit(1, TaskOptions.defaults().withResources(more));
    leases.pump(Shape.of(driver.job(), more));
    done(sent().getFirst(), MILLI * 1000);

    await().until(() -> sent().size() == 2);
    assertThat(host[0].sent()).doesNotHaveAnyElementsOfTypes(Message.ReturnLease.class);
  }
}
