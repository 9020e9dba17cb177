// Starts DynamoDB Local as its own main class does, but on the loopback interface: by itself it listens on every
// one, and has no option against that. Run by `java` as it is, without a build.
import java.lang.reflect.Field;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

class LoopbackDynamo {
  public static void main(String[] options) throws Exception {
    DynamoDBProxyServer dynamo = ServerRunner.createServerFromCommandLineArgs(options);
    Field field = DynamoDBProxyServer.class.getDeclaredField("server");
    field.setAccessible(true);
    for (Connector connector : ((Server) field.get(dynamo)).getConnectors()) {
      ((ServerConnector) connector).setHost("127.0.0.1");
    }
    dynamo.start();
    dynamo.join();
  }
}
