/*
 * Copyright (C) facetree contributors
 *
 * The container's health check, where there is no curl: asks this machine for
 * a path, and ends with 0 when the answer is 200.
 *
 *     facetree-probe PORT PATH
 */

#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>


#define TIMEOUT  2                                             /* seconds */


static int
open_connection(long port)
{
    int                 fd;
    struct timeval      timeout = { TIMEOUT, 0 };
    struct sockaddr_in  address;

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_port = htons((in_port_t) port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1) {
        return -1;
    }

    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) != 0
        || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout))
           != 0
        || connect(fd, (struct sockaddr *) &address, sizeof(address)) != 0)
    {
        (void) close(fd);
        return -1;
    }

    return fd;
}


/* The status of the answer, or 0. */

static int
ask(int fd, const char *path)
{
    int      length, status;
    char     buffer[1024];
    size_t   have;
    ssize_t  n;

    length = snprintf(buffer, sizeof(buffer),
                      "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", path);
    if (length < 0 || (size_t) length >= sizeof(buffer)
        || send(fd, buffer, (size_t) length, MSG_NOSIGNAL) != length)
    {
        return 0;
    }

    /* "HTTP/1.1 200", in as many pieces as it likes to come */

    for (have = 0; have < 12; have += (size_t) n) {
        n = recv(fd, buffer + have, sizeof(buffer) - 1 - have, 0);
        if (n <= 0) {
            return 0;
        }
    }

    buffer[have] = '\0';

    return sscanf(buffer, "HTTP/1.%*1d %3d", &status) == 1 ? status : 0;
}


int
main(int argc, char **argv)
{
    int   fd, status;
    long  port;

    port = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    if (port < 1 || port > 65535 || argv[2][0] != '/') {
        (void) fputs("usage: facetree-probe PORT PATH\n", stderr);
        return 2;
    }

    fd = open_connection(port);
    if (fd == -1) {
        perror("facetree-probe: connect");
        return 1;
    }

    status = ask(fd, argv[2]);
    (void) close(fd);

    if (status != 200) {
        (void) fprintf(stderr, "facetree-probe: %s answers %d\n", argv[2],
                       status);
        return 1;
    }

    return 0;
}
