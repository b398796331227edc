package io.manta.samples.orders;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/// One instance of the service, which is one node of the cluster.
@SpringBootApplication(proxyBeanMethods = false)
class OrdersApplication {
  private OrdersApplication() {}

  public static void main(String[] arguments) {
    SpringApplication.run(OrdersApplication.class, arguments);
  }
}
