// What pages do beside links and forms; every page works without it.
