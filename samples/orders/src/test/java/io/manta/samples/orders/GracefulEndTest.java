package io.manta.samples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.Manta;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/// A request that is under way when the application is told to end is answered, with all that it
/// asks of the runtime.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GracefulEndTest {
  /// A controller whose request waits until the application is ending, and then uses the runtime.
  @RestController
  static class Slow {
    private final Manta manta;
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch ending = new CountDownLatch(1);

    Slow(Manta manta) {
      this.manta = manta;
    }

    @GetMapping("/slow")
    int answer() throws InterruptedException {
      entered.countDown();
      assertThat(ending.await(30, TimeUnit.SECONDS)).isTrue();
      return manta.submit(() -> 42).get();
    }
  }

  /// Stops before the web server does.
  static class Ending implements SmartLifecycle {
    private final Slow slow;
    private volatile boolean running;

    Ending(Slow slow) {
      this.slow = slow;
    }

    @Override
    public void start() {
      running = true;
    }

    @Override
    public void stop() {
      slow.ending.countDown();
      running = false;
    }

    @Override
    public boolean isRunning() {
      return running;
    }
  }

  @Test
  void shouldAnswerTheRequestsUnderWayWhenTheApplicationEnds() throws Exception {
    var program = new SpringApplication(OrdersApplication.class, Slow.class, Ending.class);
    try (ConfigurableApplicationContext application = program.run("--server.port=0");
        var client =
            new OrdersClient(
                application.getEnvironment().getRequiredProperty("local.server.port", int.class))) {
      var answer = new CompletableFuture<OrdersClient.Response>();
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  answer.complete(client.get("/slow"));
                } catch (Exception e) {
                  answer.completeExceptionally(e);
                }
              });
      assertThat(application.getBean(Slow.class).entered.await(30, TimeUnit.SECONDS)).isTrue();
      Manta manta = application.getBean(Manta.class);

      application.close();

      assertThat(answer.get(30, TimeUnit.SECONDS).status()).isEqualTo(200);
      assertThat(answer.get().body().asInt()).isEqualTo(42);
      assertThat(manta.whenClosed().toCompletableFuture()).isDone();
    }
  }
}
